import { type Browser, chromium } from 'playwright-core'
import { findTool } from '../monitoring/tools.ts'

/** Undefined if Chromium is not installed. */
export const executablePath: string | undefined = findTool('chromium')

/** @param path of Chromium, which refuses its sandbox to root */
export function launch(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox'] })
}
