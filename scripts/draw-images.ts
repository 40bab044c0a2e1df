// npm run images: draws docs/images from what the panels showed over a run of the end-to-end test.
// MONITORING_RECORDING=docs/images/recording.json npx vitest run test/monitoring/stack records anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { dashboardPlans } from './dashboards/dashboards.ts'
import { drawPage, drawPanel } from './images/chart.ts'
import { pictures } from './images/pictures.ts'
import type { PanelRecording } from './images/recording.ts'

const images = new URL('../docs/images/', import.meta.url)
const recordings = JSON.parse(
  readFileSync(new URL('recording.json', images), 'utf8'),
) as PanelRecording[]

for (const [name, titles] of Object.entries(pictures)) {
  const plan = dashboardPlans.find((each) => each.name === name)
  const drawn = titles.map((title) => {
    const panel = plan?.rows.flatMap(({ panels }) => panels).find((each) => each.title === title)
    const recording = recordings.find((each) => each.dashboard === name && each.title === title)
    if (panel === undefined || recording === undefined) {
      throw new Error(
        `${name}: expected a panel and a recording of ${JSON.stringify(title)}, got none`,
      )
    }
    return drawPanel(panel, recording)
  })
  writeFileSync(new URL(`${name}.png`, images), drawPage(drawn))
}
