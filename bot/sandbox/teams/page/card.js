// Renders an Adaptive Card with Microsoft's renderer. No text of a card is interpreted as HTML.

const { AdaptiveCard, HostConfig, ExecuteAction, OpenUrlAction, SubmitAction, GlobalSettings } = window.AdaptiveCards

GlobalSettings.setTabIndexAtCardRoot = false

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text) => text.replace(/[&<>"']/g, (found) => ENTITIES[found])

// The part of Markdown that the cards use: escapes, bold, italics. Everything is escaped first.
function markdown(text) {
  const kept = []
  return text
    .replace(/\\([\\`*_{}[\]()#+\-.!<>~&|=])/g, (_, character) => `\u0001${kept.push(escapeHtml(character)) - 1}\u0002`)
    .replace(/[&<>"']/g, (found) => ENTITIES[found])
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/(^|[^\w])_(.+?)_(?!\w)/g, '$1<em>$2</em>')
    .replace(/\u0001(\d+)\u0002/g, (_, index) => kept[index])
}

AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown(text)
  result.didProcess = true
}

function hostConfig() {
  const css = getComputedStyle(document.documentElement)
  const colour = (name) => css.getPropertyValue(name).trim()
  const tone = (name) => ({ default: colour(name), subtle: colour(name) })
  const colours = { default: { default: colour('--text'), subtle: colour('--soft') }, accent: tone('--accent') }
  for (const name of ['good', 'warning', 'attention']) colours[name] = tone(`--${name}`)
  const container = (back) => ({ backgroundColor: back, foregroundColors: colours })
  return new HostConfig({
    fontFamily: 'inherit',
    supportsInteractivity: true,
    containerStyles: { default: container('transparent'), emphasis: container(colour('--ground')) },
    actions: { actionsOrientation: 'vertical', actionAlignment: 'stretch', maxActions: 6, buttonSpacing: 8, showCard: { actionMode: 'inline' } },
    factSet: { title: { weight: 'bolder', wrap: true, maxWidth: 160 }, value: { wrap: true }, spacing: 10 },
  })
}

/** Return the element of a card. `press(title, inputs)` is called for actions that are posted to the bot. */
export function renderCard(card, press) {
  const shown = new AdaptiveCard()
  shown.hostConfig = hostConfig()
  shown.onExecuteAction = (action) => {
    if (action instanceof OpenUrlAction) window.open(action.url, '_blank', 'noopener')
    else if (action instanceof ExecuteAction || action instanceof SubmitAction) press(action.title, inputs(shown))
  }
  shown.parse(card)
  return shown.render()
}

function inputs(shown) {
  return Object.fromEntries(shown.getAllInputs().map((input) => [input.id, input.value ?? '']))
}
