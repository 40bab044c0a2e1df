/** Rows that a table shows until its reader asks for all. */
const shownRows = 50

/** What the reader has chosen, by table. */
const choices = new Map()

function choiceOf(id) {
  let choice = choices.get(id)
  if (choice === undefined) {
    choice = { column: undefined, descending: true, filter: '', all: false }
    choices.set(id, choice)
  }
  return choice
}

/** Updates the sections of the page, whose elements the server has written. */
export function showSections(sections, base) {
  for (const { id, tables, notes } of sections) {
    const section = document.getElementById(id)
    if (section === null) continue
    for (const table of tables) showTable(table, base)
    showNotes(section, notes)
  }
}

function showNotes(section, notes) {
  const shown = [...section.querySelectorAll(':scope > .note.live')]
  if (shown.map((note) => note.textContent).join('\n') === notes.join('\n')) return
  for (const note of shown) note.remove()
  const heading = section.querySelector('h2')
  heading.after(...notes.map((note) => element('p', { className: 'note live' }, note)))
}

/** A new table in `place`. */
export function addTable(place, table, base) {
  const shown = element('table', { id: table.id })
  shown.append(element('caption', {}, table.caption))
  const heads = table.columns.map(({ label, kind, title = '' }) =>
    element('th', { scope: 'col', title, className: kind === 'number' ? 'number' : '' }, label),
  )
  const head = shown.createTHead().insertRow()
  head.append(...heads)
  shown.append(element('tbody', {}))
  const scroller = element('div', { className: 'scroller', tabIndex: 0 })
  scroller.setAttribute('role', 'region')
  scroller.setAttribute('aria-label', table.caption)
  scroller.append(shown)
  place.append(scroller)
  showTable(table, base)
}

/** Updates a table in place, so that the reader's focus and selection stay. */
export function showTable(table, base) {
  const shown = document.getElementById(table.id)
  if (shown === null) return
  prepare(shown, table, base)
  const choice = choiceOf(table.id)
  const caption = shown.caption
  setText(caption.firstChild, table.caption)
  const rows = sorted(filtered(table.rows, choice.filter), choice)
  const visible = choice.all ? rows : rows.slice(0, shownRows)
  const body = shown.tBodies[0]
  if (visible.length === 0) {
    const text = table.rows.length === 0 ? table.empty : 'No row contains this text.'
    const cell = element('td', { colSpan: table.columns.length, className: 'empty' }, text)
    const row = element('tr', {})
    row.append(cell)
    body.replaceChildren(row)
  } else {
    if (body.querySelector('.empty') !== null) body.replaceChildren()
    while (body.rows.length > visible.length) body.rows[body.rows.length - 1].remove()
    for (const [index, row] of visible.entries()) {
      showRow(body.rows[index] ?? body.insertRow(), row, table.columns, base)
    }
  }
  showMore(shown, rows.length, visible.length, choice, () => showTable(table, base))
}

/** Adds the buttons of the columns and the filter, once; `latest` keeps the rows for them. */
function prepare(shown, table, base) {
  shown.latest = table
  if (shown.dataset.ready !== undefined) return
  shown.dataset.ready = ''
  const again = () => showTable(shown.latest, base)
  const choice = choiceOf(table.id)
  for (const [index, heading] of [...shown.tHead.rows[0].cells].entries()) {
    if (table.columns[index]?.kind === 'link' || !table.filter) continue
    const button = element('button', { type: 'button' }, heading.textContent)
    button.addEventListener('click', () => {
      choice.descending = choice.column === index ? !choice.descending : index > 0
      choice.column = index
      for (const other of shown.tHead.rows[0].cells) other.removeAttribute('aria-sort')
      heading.setAttribute('aria-sort', choice.descending ? 'descending' : 'ascending')
      again()
    })
    heading.replaceChildren(button)
  }
  if (!table.filter) return
  const input = element('input', { type: 'search', id: `${table.id}-filter` })
  const label = element('label', { htmlFor: input.id }, 'Filter')
  input.addEventListener('input', () => {
    choice.filter = input.value.toLowerCase()
    again()
  })
  const tools = element('div', { className: 'tools' })
  tools.append(label, input)
  shown.closest('.scroller').before(tools)
}

function filtered(rows, filter) {
  return filter === '' ? rows : rows.filter((row) => textOf(row[0]).toLowerCase().includes(filter))
}

function sorted(rows, { column, descending }) {
  if (column === undefined) return rows
  const direction = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [first, second] = [keyOf(a[column]), keyOf(b[column])]
    if (first === second) return 0
    if (first === null) return 1
    if (second === null) return -1
    return first < second ? -direction : direction
  })
}

function keyOf(cell) {
  return typeof cell === 'object' && 'value' in cell ? cell.value : textOf(cell)
}

function textOf(cell) {
  return typeof cell === 'string' ? cell : cell.text
}

function showRow(shown, row, columns, base) {
  for (const [index, cell] of row.entries()) {
    let place = shown.cells[index]
    if (place === undefined) {
      place = document.createElement(index === 0 ? 'th' : 'td')
      if (index === 0) place.scope = 'row'
      if (columns[index]?.kind === 'number') place.className = 'number'
      shown.append(place)
    }
    showCell(place, cell, columns[index]?.kind, base)
  }
}

function showCell(place, cell, kind, base) {
  const text = textOf(cell)
  if (typeof cell === 'object' && 'href' in cell) {
    const link = place.querySelector('a') ?? replaced(place, element('a', {}))
    const href = base + cell.href
    if (link.getAttribute('href') !== href) link.setAttribute('href', href)
    setText(link, text)
  } else if (cell.bar !== undefined) {
    showBar(place, cell)
  } else if (kind === 'code') {
    setText(place.querySelector('code') ?? replaced(place, element('code', {})), text)
  } else {
    setText(place, text)
  }
}

const svg = 'http://www.w3.org/2000/svg'

function showBar(place, { bar, text }) {
  let image = place.querySelector('svg')
  if (image === null || image.children.length !== bar.length) {
    image = document.createElementNS(svg, 'svg')
    for (const [name, value] of Object.entries({
      class: 'bar',
      viewBox: '0 0 100 10',
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    })) {
      image.setAttribute(name, value)
    }
    for (const index of bar.keys()) {
      const part = document.createElementNS(svg, 'rect')
      part.setAttribute('class', `part-${index}`)
      part.setAttribute('height', '10')
      image.append(part)
    }
    place.replaceChildren(image, ' ', element('span', { className: 'bar-text' }))
  }
  let start = 0
  for (const [index, part] of bar.entries()) {
    image.children[index].setAttribute('x', String(start * 100))
    image.children[index].setAttribute('width', String(part * 100))
    start += part
  }
  setText(place.lastChild, text)
}

function showMore(shown, total, visible, choice, again) {
  const scroller = shown.closest('.scroller')
  let more = scroller.nextElementSibling
  if (more?.classList.contains('note') !== true) more = null
  if (visible === total) {
    more?.remove()
    return
  }
  if (more === null || more.querySelector('button') === null) {
    more?.remove()
    more = element('p', { className: 'note' })
    const button = element('button', { type: 'button' }, 'Show all')
    button.addEventListener('click', () => {
      choice.all = true
      again()
    })
    more.append('', ' ', button)
    scroller.after(more)
  }
  setText(more.firstChild, `${visible} of ${total} rows are shown.`)
}

function replaced(place, child) {
  place.replaceChildren(child)
  return child
}

export function element(name, properties, text) {
  const made = Object.assign(document.createElement(name), properties)
  if (text !== undefined) made.textContent = text
  return made
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}
