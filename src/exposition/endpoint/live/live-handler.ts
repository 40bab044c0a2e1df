import { isLocalHost } from '../../../live/host.ts'
import type { LivePage } from '../../../live/live-page.ts'
import { failure, type LiveResponse } from '../../../live/response.ts'
import { isAuthorized } from '../access/is-authorized.ts'
import type { ScrapeRequest } from '../metrics-handler.ts'
import type { ResolvedScrapeOptions } from '../options.ts'

/** How long an `authorize` function may take, in seconds. */
const authorizeSeconds = 10

export interface LiveHandlerRequest<Request> extends ScrapeRequest<Request> {
  /** The path below the page's own. */
  readonly resource: string
  /** The last segment of the page's path as the reader sees it, or `''` after a slash. */
  readonly base: string
}

/** An answer, whose challenges are headers of their own. */
export type AuthorizedResponse = Omit<LiveResponse, 'headers'> & {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** Guards every path of the live page: one check, before any routing. */
export async function answerLive<Request>(
  options: ResolvedScrapeOptions<Request>,
  page: () => LivePage,
  request: LiveHandlerRequest<Request>,
  report: (error: unknown) => void,
): Promise<AuthorizedResponse> {
  const { liveRules, authorize } = options
  if (
    liveRules === undefined &&
    !isLocalHost(request.header('host') ?? request.header(':authority'))
  ) {
    return failure(
      403,
      'Forbidden. Without the option authorize, the live page answers only at localhost or at an IP address.',
    )
  }
  const authorization = request.header('authorization')
  const { remoteAddress } = request
  const verdict = liveRules?.({ authorization, remoteAddress })
  if (verdict?.status === 401) {
    const refused = failure(401, 'Unauthorized.')
    return { ...refused, headers: { ...refused.headers, 'www-authenticate': verdict.challenges } }
  }
  if (verdict?.status === 403) return failure(403, 'Forbidden.')
  const allowed = await isAuthorized(authorize, request, authorizeSeconds, report)
  if (allowed === 'late') return failure(503, 'The authorization took too long.')
  if (allowed !== true) return failure(403, 'Forbidden.')
  return page().answer({
    method: request.method,
    resource: request.resource,
    query: new URLSearchParams(request.query),
    accept: request.header('accept'),
    site: request.header('sec-fetch-site'),
    base: request.base,
  })
}
