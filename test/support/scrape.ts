/** What a text body says, read line by line as simply as can be: for tests that look at values. */
export function valueOf(body: string, series: string): number | undefined {
  const line = body.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

export async function scrape(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { headers })
  const body = await response.text()
  if (response.status !== 200)
    throw new Error(`expected status 200, got ${response.status}: ${body}`)
  return body
}
