import { chromium, type Page } from 'playwright-core'
import { findTool } from '../../test/monitoring/tools.ts'

/** The size of a page that a reader sees without scrolling. */
const viewport = { width: 1440, height: 900 }

export interface LivePictures extends AsyncDisposable {
  /** Opens the live page of a service, and waits until its numbers are live. */
  open(serviceUrl: string, colorScheme?: 'light' | 'dark'): Promise<Page>
}

/** Starts Chromium, which draws the live page. */
export async function startLivePictures(): Promise<LivePictures> {
  const executablePath = findTool('chromium')
  if (executablePath === undefined) {
    throw new Error('pictures: expected chromium on PATH, got none')
  }
  // Chromium refuses its sandbox to root.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  return {
    async open(serviceUrl, colorScheme = 'light') {
      const context = await browser.newContext({ viewport, colorScheme })
      const page = await context.newPage()
      await page.goto(`${serviceUrl}/metrics/live`, { timeout: 120_000 })
      await page.waitForSelector('#status >> text=/^Live/', { timeout: 120_000 })
      return page
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}
