// The page: which user acts, which conversation is open, and its actions. The whole state comes by long poll.

import { showMessages } from './chat.js'

const HOME = new URL('../', import.meta.url)

const byId = (id) => document.getElementById(id)
const [person, rooms, title, install, problem, messages, composer] = ['person', 'rooms', 'title', 'install', 'problem', 'messages', 'composer'].map(byId)
const KINDS = { personal: 'Chat avec l’assistant', groupChat: 'Groupe', channel: 'Équipe' }
const notices = {}
let state = { change: -1, people: [], conversations: [] }
let open = null
let thread = null

async function request(method, path, body) {
  const answer = await fetch(new URL(`fake/${path}`, HOME), {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const json = await answer.json()
  if (!answer.ok) throw new Error(typeof json.detail === 'string' ? json.detail : 'Requête refusée')
  return json
}

async function perform(name, more) {
  problem.hidden = true
  try {
    const done = await request('POST', 'acts', { act: name, person: person.value, ...more })
    const failed = done.posts.find((post) => !(post.status >= 200 && post.status < 300))
    if (failed) showProblem(`L’assistant a répondu ${failed.status ?? 'autrement que prévu'} (${failed.error ?? failed.activity.type}).`)
    return done
  } catch (error) {
    showProblem(`Impossible : ${error.message}`)
    return null
  }
}

function showProblem(text) {
  problem.textContent = text
  problem.hidden = false
}

const actions = {
  notices,
  do: perform,
  reply: (message) => enterThread(message.thread),
  async press(message, pressed, inputs) {
    const done = await perform('press', { message: message.id, title: pressed, inputs })
    if (done?.shown) notices[message.id] = done.shown
    draw()
  },
}

function enterThread(id) {
  thread = id
  byId('thread').hidden = thread === null
  if (thread !== null) composer.elements.text.focus()
}

const mine = () => state.conversations.filter((room) => room.members.includes(person.value))
const room = () => mine().find((one) => one.id === open)

function draw() {
  const names = new Map(state.people.map((one) => [one.id, one.name]))
  if (person.options.length !== state.people.length) {
    const chosen = person.value || state.people[0]?.id
    person.replaceChildren(...state.people.map((one) => new Option(one.name, one.id)))
    person.value = chosen
  }
  rooms.replaceChildren(...mine().map(roomItem))
  const shown = room()
  document.body.classList.toggle('open', Boolean(shown))
  composer.hidden = install.hidden = !shown
  if (!shown) return messages.replaceChildren()
  title.textContent = shown.kind === 'personal' ? 'Assistant SPHERE' : shown.name
  install.textContent = shown.installed ? 'Désinstaller' : 'Installer l’assistant'
  byId('mention').hidden = shown.kind === 'personal'
  showMessages(messages, shown, person.value, names, actions)
}

function roomItem(one) {
  const item = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-current', String(one.id === open))
  const name = document.createElement('strong')
  name.textContent = one.kind === 'personal' ? 'Assistant SPHERE' : one.name
  const kind = document.createElement('span')
  kind.textContent = one.closed ? 'Assistant bloqué' : one.installed ? KINDS[one.kind] : 'Assistant non installé'
  button.append(name, kind)
  button.addEventListener('click', () => choose(one.id))
  item.append(button)
  return item
}

function choose(id) {
  open = id
  enterThread(null)
  problem.hidden = true
  draw()
  messages.scrollTop = messages.scrollHeight
}

person.addEventListener('change', () => choose(mine()[0]?.id ?? null))
byId('back').addEventListener('click', () => choose(null))
byId('leave').addEventListener('click', () => enterThread(null))
install.addEventListener('click', () => perform(room().installed ? 'uninstall' : 'install', { conversation: open }))

composer.addEventListener('submit', async (event) => {
  event.preventDefault()
  const field = composer.elements.text
  const text = field.value.trim()
  if (!text) return
  const shown = room()
  field.value = ''
  const where = thread ? `${open};messageid=${thread}` : open
  const done = await perform('send', { text, conversation: where, mention: shown.kind !== 'personal' && composer.elements.mention.checked })
  if (!done) field.value = text
})
composer.elements.text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  composer.requestSubmit()
})

/** Follow a link of the web chat: https://teams.microsoft.com/l/chat/0/0?users=…&message=… */
function followLink() {
  const message = new URLSearchParams(location.search).get('message')
  if (!location.pathname.startsWith(new URL('l/chat', HOME).pathname) || !message) return
  history.replaceState(null, '', HOME)
  choose(mine().find((one) => one.kind === 'personal')?.id ?? null)
  composer.elements.text.value = message
}

for (let first = true; ; first = false) {
  try {
    state = await request('GET', `state?after=${state.change}&wait=${first ? 0 : 25}`)
    draw()
    if (first) followLink()
  } catch {
    showProblem('Le Teams d’essai ne répond plus.')
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }
}
