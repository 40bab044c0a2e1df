import type { Light } from '../lights/light.ts'
import { escapeHtml as escape } from './escape.ts'

/** The states in words: colour is never the only sign. */
export const stateWords: Readonly<Record<Light['state'], string>> = {
  ok: 'ok',
  firing: 'firing',
  unknown: 'not known',
}

export function lightsHtml(lights: readonly Light[], base: string): string {
  const items = lights.map(
    ({ alert, state, severity, sentence, value, threshold, window }) =>
      `<li class="light ${state} ${severity}"><strong><span class="state">${stateWords[state]}</span> <a href="${escape(base)}runbooks#${alert.toLowerCase()}">${escape(alert.replace('Prisma', ''))}</a></strong> <span class="sentence">${escape(sentence)}</span> <span class="limit">${escape(value)}, fires at ${escape(threshold)}, ${escape(window)}</span></li>`,
  )
  return `<ul id="lights">\n${items.join('\n')}\n</ul>`
}
