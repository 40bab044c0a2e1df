import { forgetPlots, showPlots } from './plots.js'
import { watch } from './stream.js'
import { addTable, element, setText, showSections } from './tables.js'

const { base } = document.body.dataset
const status = document.getElementById('status')
const select = document.getElementById('client')

/** The latest state of each client. Events leave out what has not changed. */
const clients = new Map()
let range = 0
let latest
let receivedAt = 0
let restartedAt = -Infinity

/** Numbers older than this are called stale, in milliseconds. */
const staleAfter = 4000
/** How long the page shows that the process has restarted, in milliseconds. */
const restartShown = 60_000

watch(base, (view) => {
  if (latest !== undefined && latest.process !== view.process) restartedAt = performance.now()
  latest = view
  receivedAt = performance.now()
  for (const { plots, sections, ...rest } of view.clients) {
    const known = clients.get(rest.client) ?? { plots: [], sections: [] }
    clients.set(rest.client, {
      ...rest,
      sections: merged(known.sections, sections),
      plots: [...plots, ...known.plots.slice(plots.length)],
    })
  }
  showClients()
  if (document.hidden) return
  drawLater([head, ...view.clients.flatMap(({ sections }) => sections.map(({ id }) => id))])
})

/** The lights and the plots, as a part of the page beside the sections, which have ids. */
const head = Symbol('head')
/** The parts that wait to be drawn. Each frame draws one: tables take long if they have many rows. */
const waiting = new Set()

function drawLater(parts) {
  if (waiting.size === 0) requestAnimationFrame(drawNext)
  for (const part of parts) waiting.add(part)
}

function drawNext() {
  const [part] = waiting
  waiting.delete(part)
  if (waiting.size > 0) requestAnimationFrame(drawNext)
  show([part])
}

/** The sections, of which an event has some. */
function merged(known, sent) {
  const ids = new Set(sent.map(({ id }) => id))
  return [...known.filter(({ id }) => !ids.has(id)), ...sent]
}

/** Shows parts of the selected client, all by default. */
function show(parts) {
  const client = clients.get(select.value) ?? clients.values().next().value
  showStatus()
  if (client === undefined) return
  if (document.getElementById('lights') === null) {
    // The page was made before the first client.
    location.reload()
    return
  }
  if (parts === undefined || parts.includes(head)) {
    showLights(client.lights)
    const plots = client.plots[range] ?? client.plots[0]
    if (plots !== undefined) showPlots(plots, latest.time / 1000)
  }
  const isShown = ({ id }) => parts === undefined || parts.includes(id)
  showSections(client.sections.filter(isShown), base)
}

function showClients() {
  const names = [...clients.keys()]
  const shown = [...select.options].map(({ value }) => value)
  if (names.join('\n') === shown.join('\n')) return
  const selected = select.value
  select.replaceChildren(...names.map((name) => element('option', { value: name }, name)))
  if (clients.has(selected)) select.value = selected
}

/** Readers of screens hear a change of the state, not every second. */
function showStatus() {
  const age = performance.now() - receivedAt
  const isStale = latest === undefined || age > staleAfter
  const since = latest === undefined ? '' : new Date(latest.time).toISOString().slice(11, 19)
  const restarted =
    performance.now() - restartedAt < restartShown ? ' The process has restarted.' : ''
  setText(
    status,
    isStale
      ? `No answer since ${since} UTC, trying again.`
      : `Live, ${latest.coverage}.${restarted}`,
  )
  status.classList.toggle('stale', isStale)
}

const words = { ok: 'ok', firing: 'firing', unknown: 'not known' }

function showLights(lights) {
  const list = document.getElementById('lights')
  while (list.children.length > lights.length) list.lastElementChild.remove()
  for (const [index, light] of lights.entries()) {
    const item = list.children[index] ?? list.appendChild(newLight())
    const { alert, state, severity, sentence, value, threshold, window } = light
    const className = `light ${state} ${severity}`
    if (item.className !== className) item.className = className
    setText(item.querySelector('.state'), words[state])
    const link = item.querySelector('a')
    setText(link, alert.replace('Prisma', ''))
    const href = `${base}runbooks#${alert.toLowerCase()}`
    if (link.getAttribute('href') !== href) link.setAttribute('href', href)
    setText(item.querySelector('.sentence'), sentence)
    setText(item.querySelector('.limit'), `${value}, fires at ${threshold}, ${window}`)
  }
}

function newLight() {
  const item = element('li', {})
  const title = element('strong', {})
  title.append(element('span', { className: 'state' }), ' ', element('a', {}))
  item.append(
    title,
    ' ',
    element('span', { className: 'sentence' }),
    ' ',
    element('span', { className: 'limit' }),
  )
  return item
}

function addRanges() {
  const group = document.getElementById('ranges')
  if (group === null) return
  const buttons = ['60 s', '15 min', '5 h'].map((name, index) => {
    const button = element('button', { type: 'button' }, name)
    button.setAttribute('aria-pressed', String(index === range))
    button.addEventListener('click', () => {
      range = index
      for (const [other, each] of buttons.entries()) {
        each.setAttribute('aria-pressed', String(other === index))
      }
      show()
    })
    return button
  })
  group.replaceChildren(...buttons)
}

/** Shows the answer of the database below the button; without a script the button opens a page. */
async function ask(event) {
  event.preventDefault()
  const place = document.getElementById('database')
  const button = event.target.querySelector('button')
  button.disabled = true
  try {
    const query = new URLSearchParams({ client: select.value })
    const response = await fetch(`${base}database?${query}`, {
      headers: { accept: 'application/json' },
    })
    const { note, tables } = response.ok ? await response.json() : { note: await response.text() }
    place.replaceChildren()
    if (note !== undefined) place.append(element('p', { className: 'note' }, note))
    for (const table of tables ?? []) addTable(place, table, base)
  } catch {
    place.replaceChildren(element('p', { className: 'note' }, 'The server did not answer.'))
  } finally {
    button.disabled = false
  }
}

document.getElementById('ask')?.addEventListener('submit', (event) => void ask(event))
addRanges()
for (const details of document.querySelectorAll('.numbers')) {
  details.open = false
  details.addEventListener('toggle', () => show())
}
document.getElementById('show').hidden = true
select.addEventListener('change', () => {
  history.replaceState(null, '', `?${new URLSearchParams({ client: select.value })}`)
  show()
})
const redraw = () => {
  forgetPlots()
  show()
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
let resizing
addEventListener('resize', () => {
  clearTimeout(resizing)
  resizing = setTimeout(redraw, 200)
})
setInterval(() => {
  if (!document.hidden) showStatus()
}, 1000)
