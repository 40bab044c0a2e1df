import { AsyncLocalStorage } from 'node:async_hooks'
import express, { type Express } from 'express'
import type { RequestListener } from 'node:http'
import { Histogram, Registry, register } from 'prom-client'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { InstantAdapter } from '../instant-adapter.ts'
import { exposeMetrics, prismaMetrics } from '../package.ts'
import { requirePackage } from '../alternatives/packages.ts'

/** An application whose requests are measured. */
export interface Application {
  readonly listener: RequestListener
  readonly registry: Registry
  /** The metrics that count the requests, each by the sum of its samples. */
  readonly counters: readonly string[]
}

/** By name; the first has no metrics. */
export const applications: Readonly<Record<string, () => Application>> = {
  'no metrics': () => ({ listener: routes(express()), registry: new Registry(), counters: [] }),
  'no metrics, in an `AsyncLocalStorage`': withStorage,
  'a plain histogram': withHistogram,
  'express-prom-bundle, `includeMethod`, `includePath`': withPromBundle,
  '`exposeMetrics`, `scopes: false`': () => withOurs(false),
  '`exposeMetrics`, requests as scopes': () => withOurs(true),
}

function routes(app: Express): Express {
  return app.get('/users/:id', (req, res) => {
    res.json({ id: req.params.id })
  })
}

/** The floor of scopes: Node 20 follows every promise as soon as anything runs in a storage. */
function withStorage(): Application {
  const storage = new AsyncLocalStorage<object>()
  const listener = routes(express())
  return {
    listener: (req, res) => void storage.run({}, () => listener(req, res)),
    registry: new Registry(),
    counters: [],
  }
}

/** The usual hand-written middleware. */
function withHistogram(): Application {
  const registry = new Registry()
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const app = express().use((req, res, next) => {
    const end = duration.startTimer()
    res.once('finish', () => {
      const { path = '' } = (req.route ?? {}) as { readonly path?: string }
      end({ method: req.method, route: path, status: res.statusCode })
    })
    next()
  })
  return { listener: routes(app), registry, counters: ['http_request_duration_seconds_count'] }
}

function withPromBundle(): Application {
  const promBundle = requirePackage('express-prom-bundle') as (options: {
    readonly includeMethod: boolean
    readonly includePath: boolean
  }) => RequestHandler
  const app = express().use(promBundle({ includeMethod: true, includePath: true }))
  return {
    listener: routes(app),
    registry: register,
    counters: ['http_request_duration_seconds_count'],
  }
}

type RequestHandler = Parameters<Express['use']>[0]

/** With the metrics of a Prisma client, whose scopes the requests are. */
function withOurs(scopes: boolean): Application {
  const registry = new Registry()
  const metrics = prismaMetrics({ registry })
  metrics.instrument(new PrismaClient({ adapter: metrics.adapter(new InstantAdapter()) }))
  return {
    listener: exposeMetrics(routes(express()), { registry, scopes }),
    registry,
    counters: [
      'http_server_request_duration_seconds_count',
      ...(scopes ? ['prisma_scope_duration_seconds_count'] : []),
    ],
  }
}
