import type { ClientView, View } from '../view.ts'
import { escapeHtml as escape } from './escape.ts'
import { lightsHtml } from './lights-html.ts'
import { plotsHtml, timeOf } from './plots-html.ts'
import { sectionHtml } from './table-html.ts'

export interface PageOptions {
  /** What the page's relative links start with. */
  readonly base: string
  readonly client: string | undefined
}

/** The page as a snapshot, complete without scripts; the script then keeps it up to date. */
export function pageHtml(view: View, { base, client: wanted }: PageOptions): string {
  const client = view.clients.find(({ client: name }) => name === wanted) ?? view.clients[0]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Prisma, live</title>
<link rel="stylesheet" href="${escape(base)}uPlot.min.css">
<link rel="stylesheet" href="${escape(base)}page.css">
<link rel="icon" href="${escape(base)}icon.svg">
<script src="${escape(base)}uPlot.iife.min.js" defer></script>
<script src="${escape(base)}page.js" type="module"></script>
</head>
<body data-base="${escape(base)}">
<header>
<h1>Prisma, live</h1>
${clientsHtml(view, client)}
<p id="status" role="status">Snapshot of <time>${timeOf(view.time / 1000)}</time> UTC, ${escape(view.coverage)}.</p>
</header>
<main>
${client === undefined ? '<p class="note">No Prisma client is instrumented in this registry.</p>' : clientHtml(client, base)}
</main>
</body>
</html>
`
}

function clientsHtml({ clients }: View, selected: ClientView | undefined): string {
  const options = clients.map(
    ({ client }) =>
      `<option value="${escape(client)}"${client === selected?.client ? ' selected' : ''}>${escape(client)}</option>`,
  )
  return `<form method="get"><label for="client">Client</label> <select id="client" name="client">${options.join('')}</select> <button id="show">Show</button></form>`
}

function clientHtml({ client, lights, plots, sections }: ClientView, base: string): string {
  return `<section id="lights-section" aria-labelledby="lights-title">
<h2 id="lights-title">Status</h2>
${lightsHtml(lights, base)}
</section>
<section id="plots-section" aria-labelledby="plots-title">
<h2 id="plots-title">Plots</h2>
<div id="ranges" role="group" aria-label="Range of the plots"></div>
<div id="plots">
${plotsHtml(plots, base)}
</div>
</section>
${sections.map((section) => sectionHtml(section, base)).join('\n')}
<section id="database-section" aria-labelledby="database-title">
<h2 id="database-title">Database</h2>
<form id="ask" method="get" action="${escape(base)}database">
<input type="hidden" name="client" value="${escape(client)}">
<button>Ask the database</button> <span class="note">Reads its statistics, once, for at most 3 s per statement.</span>
</form>
<div id="database" aria-live="polite"></div>
</section>`
}
