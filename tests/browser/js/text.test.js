import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, length, pieces, safeUrl } from "../../../bot/web/static/chat/text.js";

const shown = (line) => pieces(line).map(({ text, strong, href }) => [text, strong ? "strong" : "", href ?? ""]);

test("paragraphs, new lines and both kinds of list", () => {
  const found = blocks("Deux personnes :\n- Leïla\n• Karim\n\nLaquelle ?\nDites-le.");
  assert.deepEqual(found.map(({ kind }) => kind), ["paragraph", "list", "paragraph"]);
  assert.deepEqual(found[1].items.map(([piece]) => piece.text), ["Leïla", "Karim"]);
  assert.equal(found[2].lines.length, 2);
});

test("bold passages, and stars that are not", () => {
  assert.deepEqual(shown("**Dr Benali**, Tours"), [["Dr Benali", "strong", ""], [", Tours", "", ""]]);
  assert.deepEqual(shown("2 ** 3 ** 4"), [["2 ** 3 ** 4", "", ""]]);
});

test("addresses can be followed, without the punctuation around them", () => {
  assert.deepEqual(shown("Voir https://sphere.example/a_(b)."), [
    ["Voir ", "", ""], ["https://sphere.example/a_(b)", "", "https://sphere.example/a_(b)"], [".", "", ""],
  ]);
  assert.equal(pieces("à equipe-sphere@esante.example.")[1].href, "mailto:equipe-sphere@esante.example");
  assert.equal(pieces("au 05\u00a057\u00a096\u00a059\u00a047 ou")[1].href, "tel:0557965947");
  assert.equal(pieces("au +33 5 57 96 59 47")[1].href, "tel:+33557965947");
});

test("numbers that are not telephones and other schemes stay text", () => {
  for (const line of ["RPPS 10003456789", "SPH-2024-000137", "javascript:alert(1)", "http://sphere.example", "0012345678901"]) {
    assert.deepEqual(shown(line), [[line, "", ""]]);
  }
});

test("markup is only text", () => {
  assert.deepEqual(shown("<img src=x onerror=alert(1)>"), [["<img src=x onerror=alert(1)>", "", ""]]);
});

test("links beside a message: https, or the page's own host", () => {
  const page = "http://127.0.0.1:8000/chat";
  assert.equal(safeUrl("https://sphere.example/x", page), "https://sphere.example/x");
  assert.equal(safeUrl("/account", page), "http://127.0.0.1:8000/account");
  assert.equal(safeUrl("http://elsewhere.example/", page), null);
  assert.equal(safeUrl("javascript:alert(1)", page), null);
});

test("length is counted in characters", () => assert.equal(length("é😀"), 2));
