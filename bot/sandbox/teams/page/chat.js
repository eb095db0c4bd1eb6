// The messages of a conversation.

import { renderCard } from '/page/card.js'

const TIME = new Intl.DateTimeFormat('fr-FR', { hour: '2-digit', minute: '2-digit' })

/** Elements made once, kept as long as their message does not change: inputs of a card are not lost. */
const made = new Map()

/** Show `room` to `person`. `acts`: press(message, title, inputs), reply(message), change of a message of theirs. */
export function showMessages(list, room, person, names, acts) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80
  const wanted = room.messages.map((message) => {
    const key = `${message.id} ${message.change} ${person} ${JSON.stringify(acts.said[message.id] ?? '')}`
    if (!made.has(key)) made.set(key, element(message, room, person, names, acts))
    return made.get(key)
  })
  if (room.typing) wanted.push(line('typing', 'L’assistant écrit…'))
  list.replaceChildren(...wanted)
  if (atEnd) list.scrollTop = list.scrollHeight
}

function element(message, room, person, names, acts) {
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
  if (card) bubble.append(renderCard(card, (title, inputs) => acts.press(message, title, inputs)) ?? 'Carte illisible')
  if (acts.said[message.id]) add(bubble, 'p', 'said', acts.said[message.id])
  if (message.reactions.length) add(bubble, 'p', 'said', message.reactions.map(([, kind]) => (kind === 'like' ? '👍' : kind)).join(' '))
  item.append(tools(message, room, person, acts))
  return item
}

function tools(message, room, person, acts) {
  const bar = document.createElement('p')
  bar.className = 'tools'
  const tool = (title, act) => add(bar, 'button', 'plain', title).addEventListener('click', act)
  if (room.kind === 'channel') tool('Répondre', () => acts.reply(message))
  if (message.from_bot) tool('J’aime', () => acts.do('react', { message: message.id }))
  if (message.author === person) {
    tool('Modifier', () => {
      const text = prompt('Nouveau texte', message.text.replace(/<at>.*?<\/at> ?/, ''))
      if (text) acts.do('edit', { message: message.id, text })
    })
    tool('Supprimer', () => acts.do('delete', { message: message.id }))
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
