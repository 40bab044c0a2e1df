/** The state of the scenarios: the address of the service, and the ids it has returned. */
export class ApiClient {
  readonly sourceIds: string[] = []
  readonly openAlertIds: string[] = []
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** The body of the response; undefined if the request failed, which is part of the traffic. */
  async send<Body>(method: string, path: string, body?: unknown): Promise<Body | undefined> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => undefined)
    const text = (await response?.text().catch(() => '')) ?? ''
    return response?.ok === true && text !== '' ? (JSON.parse(text) as Body) : undefined
  }
}
