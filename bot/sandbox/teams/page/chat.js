// Shows the messages of a conversation.

import { renderCard } from './card.js'

const TIME = new Intl.DateTimeFormat('fr-FR', { hour: '2-digit', minute: '2-digit' })

/** Elements rendered once, kept as long as their message does not change: inputs of a card are not lost. */
const rendered = new Map()

/** Show the conversation `room` to `person`. `actions`: press(message, title, inputs), reply(message), do(name, arguments), and `notices` by message. */
export function showMessages(list, room, person, names, actions) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80
  const wanted = room.messages.map((message) => {
    const key = `${message.id} ${message.change} ${person} ${JSON.stringify(actions.notices[message.id] ?? '')}`
    if (!rendered.has(key)) rendered.set(key, element(message, room, person, names, actions))
    return rendered.get(key)
  })
  if (room.typing) wanted.push(line('typing', 'L’assistant écrit…'))
  list.replaceChildren(...wanted)
  if (atEnd) list.scrollTop = list.scrollHeight
}

function element(message, room, person, names, actions) {
  const item = line(message.from_bot ? 'bot' : message.author === person ? 'own' : 'other')
  if (message.thread && message.thread !== message.id) item.classList.add('reply')
  const about = add(item, 'p', 'about', `${names.get(message.author) ?? 'Assistant'} · ${TIME.format(message.at * 1000)}`)
  if (message.history.length && !message.deleted) about.append(' · modifié')
  const bubble = add(item, 'div', 'bubble')
  if (message.deleted) {
    add(bubble, 'p', 'deleted', 'Ce message a été supprimé.')
    return item
  }
  if (message.text) add(bubble, 'p', 'text', message.text.replaceAll(/<\/?at>/g, ''))
  for (const attachment of message.content.attachments ?? []) {
    if (/^image|file/.test(attachment.contentType)) add(bubble, 'p', 'file', attachment.name ?? 'Image')
  }
  const card = room.views[message.id]?.[person] ?? message.card
  if (card) bubble.append(renderCard(card, (title, inputs) => actions.press(message, title, inputs)) ?? 'Carte illisible')
  if (actions.notices[message.id]) add(bubble, 'p', 'said', actions.notices[message.id])
  if (message.reactions.length) add(bubble, 'p', 'said', message.reactions.map(([, kind]) => (kind === 'like' ? '👍' : kind)).join(' '))
  item.append(tools(message, room, person, actions))
  return item
}

function tools(message, room, person, actions) {
  const bar = document.createElement('p')
  bar.className = 'tools'
  const tool = (title, act) => add(bar, 'button', 'plain', title).addEventListener('click', act)
  if (room.kind === 'channel') tool('Répondre', () => actions.reply(message))
  if (message.from_bot) tool('J’aime', () => actions.do('react', { message: message.id }))
  if (message.author === person) {
    tool('Modifier', () => {
      const text = prompt('Nouveau texte', message.text.replace(/<at>.*?<\/at> ?/, ''))
      if (text) actions.do('edit', { message: message.id, text })
    })
    tool('Supprimer', () => actions.do('delete', { message: message.id }))
  }
  return bar
}

function line(kind, text) {
  const item = document.createElement('li')
  item.className = kind
  if (text) item.textContent = text
  return item
}

function add(parent, name, kind, text) {
  const child = document.createElement(name)
  child.className = kind
  if (name === 'button') child.type = 'button'
  if (text !== undefined) child.textContent = text
  parent.append(child)
  return child
}
