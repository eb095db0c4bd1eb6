// htmx swaps fragments of HTML that our own server made, every value in them escaped. The page's policy (Trusted Types) refuses any
// string as HTML unless a policy named « default » lets it pass: this one does for HTML alone, and not where it would run anything.
if (window.trustedTypes) {
  const runs = /<script|<iframe|<object|<embed|javascript:|<[^>]+\son[a-z]+\s*=/i;
  window.trustedTypes.createPolicy("default", {
    createHTML(html) {
      if (runs.test(html)) throw new TypeError("a fragment would run something");
      return html;
    },
  });
}
