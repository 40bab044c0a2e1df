/** A route of the application that every framework serves in the same way. */
export interface RouteDefinition {
  readonly method: 'GET' | 'POST'
  /** Path of the router that contains it; '' for the application itself. */
  readonly router: '' | '/api' | '/users/:user/posts'
  /** Path inside the router, with `:name` parameters. */
  readonly path: string
  /** Status of the answer, or an error of the handler. */
  readonly answer: number | 'throws'
}

export const routeDefinitions: readonly RouteDefinition[] = [
  { method: 'GET', router: '', path: '/', answer: 200 },
  { method: 'GET', router: '', path: '/users', answer: 200 },
  { method: 'GET', router: '', path: '/users/:id', answer: 200 },
  { method: 'POST', router: '', path: '/users/:id', answer: 201 },
  { method: 'GET', router: '', path: '/absent/:id', answer: 404 },
  { method: 'GET', router: '', path: '/fails/:id', answer: 'throws' },
  { method: 'GET', router: '/api', path: '/things/:thing/parts/:part', answer: 200 },
  { method: 'GET', router: '/users/:user/posts', path: '/:post', answer: 200 },
  { method: 'GET', router: '/users/:user/posts', path: '/:post/fails', answer: 'throws' },
]

/** Requests, each with the route label and the status that every framework must report. */
export interface RouteCase {
  readonly title: string
  readonly request: readonly [method: string, path: string]
  readonly route: string
  readonly status: number
}

export const routeCases: readonly RouteCase[] = [
  { title: 'the root', request: ['GET', '/'], route: '/', status: 200 },
  { title: 'a query', request: ['GET', '/users?page=1&q=/users/7'], route: '/users', status: 200 },
  { title: 'a parameter', request: ['GET', '/users/1'], route: '/users/:id', status: 200 },
  {
    title: 'an encoded parameter',
    request: ['GET', '/users/a%2Fb%20%C3%A9'],
    route: '/users/:id',
    status: 200,
  },
  { title: 'another method', request: ['POST', '/users/1'], route: '/users/:id', status: 201 },
  { title: 'HEAD of a GET route', request: ['HEAD', '/users/2'], route: '/users/:id', status: 200 },
  {
    title: 'a handler that answers 404',
    request: ['GET', '/absent/3'],
    route: '/absent/:id',
    status: 404,
  },
  {
    title: 'a handler that throws',
    request: ['GET', '/fails/4'],
    route: '/fails/:id',
    status: 500,
  },
  {
    title: 'a router with a path',
    request: ['GET', '/api/things/5/parts/6'],
    route: '/api/things/:thing/parts/:part',
    status: 200,
  },
  {
    title: 'a router with parameters',
    request: ['GET', '/users/7/posts/8'],
    route: '/users/:user/posts/:post',
    status: 200,
  },
  {
    title: 'a handler that throws in a router',
    request: ['GET', '/users/7/posts/8/fails'],
    route: '/users/:user/posts/:post/fails',
    status: 500,
  },
  { title: 'no route', request: ['GET', '/missing/9'], route: '', status: 404 },
  { title: 'no route in a router', request: ['GET', '/api/missing/10'], route: '', status: 404 },
]
