// oxlint-disable-next-line import/no-unassigned-import -- the decorators of NestJS write to it
import 'reflect-metadata'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveHono } from '@hono/node-server'
import { Router } from '@koa/router'
import { Controller, Get, HttpCode, HttpException, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import connect from 'connect'
import express from 'express'
// @ts-expect-error -- its types would be those of Express 5
import express4 from 'express-4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import Koa from 'koa'
import type { Registry } from 'prom-client'
import { exposeMetrics, metricsMiddleware, setRoute } from '../../src/index.ts'
import { serve } from '../support/serve.ts'
import { type RouteDefinition, routeDefinitions } from './route-cases.ts'

export interface RunningServer extends AsyncDisposable {
  readonly url: string
}

/** Starts the application of `routeDefinitions` on a framework, with the metrics as the pages show. */
export type StartServer = (registry: Registry) => Promise<RunningServer>

class ApplicationError extends Error {}

const routers = [...new Set(routeDefinitions.map(({ router }) => router))]
const routesIn = (router: string): RouteDefinition[] =>
  routeDefinitions.filter((route) => route.router === router)

function expressApplication(makeExpress: typeof express): express.Express {
  const app = makeExpress()
  // The default error handler writes to stderr otherwise.
  app.set('env', 'test')
  for (const path of routers) {
    const router = path === '' ? app : makeExpress.Router({ mergeParams: true })
    for (const { method, path: inner, answer } of routesIn(path)) {
      router[method === 'GET' ? 'get' : 'post'](inner, (_req, res) => {
        if (answer === 'throws') throw new ApplicationError()
        res.status(answer).end()
      })
    }
    if (path !== '') app.use(path, router)
  }
  return app
}

const expressBehind =
  (makeExpress: typeof express): StartServer =>
  (registry) =>
    serve(exposeMetrics(expressApplication(makeExpress), { registry }))

const expressWith =
  (makeExpress: typeof express): StartServer =>
  (registry) => {
    const app = makeExpress()
    app.use(exposeMetrics(undefined, { registry }))
    app.use(expressApplication(makeExpress))
    return serve(app)
  }

const startFastify: StartServer = async (registry) => {
  const app = Fastify()
  const scrape = exposeMetrics(undefined, { registry })
  app.addHook('onRequest', (request, reply, done) => {
    setRoute(request.raw, request.routeOptions.url)
    scrape(request.raw, reply.raw, () => done())
  })
  for (const prefix of routers) {
    void app.register(
      (child, _options, done) => {
        for (const { method, path, answer } of routesIn(prefix)) {
          child.route({
            method,
            url: path,
            handler(_request, reply) {
              if (answer === 'throws') throw new ApplicationError()
              return reply.status(answer).send()
            },
          })
        }
        done()
      },
      { prefix },
    )
  }
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, [Symbol.asyncDispose]: () => app.close() }
}

const startKoa: StartServer = (registry) => {
  const app = new Koa()
  app.silent = true
  app.use(async (context, next) => {
    try {
      await next()
    } finally {
      setRoute(context.req, context['_matchedRoute'])
    }
  })
  for (const prefix of routers) {
    const router = new Router({ prefix })
    for (const { method, path, answer } of routesIn(prefix)) {
      router[method === 'GET' ? 'get' : 'post'](path, (context) => {
        if (answer === 'throws') throw new ApplicationError()
        context.status = answer
        context.body = ''
      })
    }
    app.use(router.routes())
  }
  return serve(exposeMetrics(app.callback(), { registry }))
}

function honoApplication(registry: Registry): Hono {
  const app = new Hono()
  app.use(metricsMiddleware({ registry }))
  for (const path of routers) {
    const router = new Hono()
    for (const { method, path: inner, answer } of routesIn(path)) {
      router.on(method, inner, (context) => {
        if (answer === 'throws') throw new ApplicationError()
        return context.body(null, answer as StatusCode)
      })
    }
    app.route(path, router)
  }
  app.onError((_error, context) => context.text('failed', 500))
  return app
}

const startHono: StartServer = async (registry) => {
  const { fetch } = honoApplication(registry)
  const server = serveHono({ fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Controllers with the decorators applied as the compiler does. */
function nestModule(): new () => object {
  const controllers = routers.map((router) => {
    // oxlint-disable-next-line typescript/no-extraneous-class -- a controller of Nest
    class RoutesController {}
    for (const [index, { method, path, answer }] of routesIn(router).entries()) {
      const name = `route${index}`
      const value = (): void => {
        if (answer === 'throws') throw new ApplicationError()
        if (answer === 404) throw new HttpException('absent', answer)
      }
      const descriptor = { value, configurable: true, writable: true }
      Object.defineProperty(RoutesController.prototype, name, descriptor)
      const decorator = method === 'GET' ? Get(path) : Post(path)
      decorator(RoutesController.prototype, name, descriptor)
      if (typeof answer === 'number') HttpCode(answer)(RoutesController.prototype, name, descriptor)
    }
    Controller(router)(RoutesController)
    return RoutesController
  })
  // oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest
  class AppModule {}
  Module({ controllers })(AppModule)
  return AppModule
}

const startNestOnExpress: StartServer = async (registry) => {
  const app = await NestFactory.create(nestModule(), new ExpressAdapter(), { logger: false })
  app.use(exposeMetrics(undefined, { registry }))
  await app.listen(0, '127.0.0.1')
  return { url: await app.getUrl(), [Symbol.asyncDispose]: () => app.close() }
}

const startNestOnFastify: StartServer = async (registry) => {
  const app = await NestFactory.create<NestFastifyApplication>(nestModule(), new FastifyAdapter(), {
    logger: false,
  })
  const scrape = exposeMetrics(undefined, { registry })
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      setRoute(request.raw, request.routeOptions.url)
      scrape(request.raw, reply.raw, () => done())
    })
  await app.listen(0, '127.0.0.1')
  return { url: await app.getUrl(), [Symbol.asyncDispose]: () => app.close() }
}

/** A router of the application's own: it matches segments, and names the route. */
function match(method: string | undefined, target: string): RouteDefinition | undefined {
  const segments = target.split('?', 1)[0]?.split('/').filter(Boolean) ?? []
  return routeDefinitions.find((route) => {
    const template = (route.router + route.path).split('/').filter(Boolean)
    return (
      route.method === (method === 'HEAD' ? 'GET' : method) &&
      template.length === segments.length &&
      template.every((part, index) => part.startsWith(':') || part === segments[index])
    )
  })
}

/** The template of a definition. */
const templateOf = ({ router, path }: RouteDefinition): string => router + path

function handleOnNode(req: IncomingMessage, res: ServerResponse): void {
  const route = match(req.method, req.url ?? '')
  setRoute(req, route && templateOf(route))
  if (route?.answer === 'throws') throw new ApplicationError()
  res.statusCode = route?.answer ?? 404
  res.end()
}

const startConnect: StartServer = (registry) => {
  const app = connect()
  app.use(exposeMetrics(undefined, { registry }))
  app.use(handleOnNode)
  const onError: connect.ErrorHandleFunction = (_error, _req, res, _next) => {
    res.statusCode = 500
    res.end()
  }
  app.use(onError)
  return serve(app)
}

const startNode: StartServer = (registry) => {
  const handle: RequestListener = (req, res) => {
    try {
      handleOnNode(req, res)
    } catch {
      res.statusCode = 500
      res.end()
    }
  }
  return serve(exposeMetrics(handle, { registry }))
}

const startFetchHandler: StartServer = async (registry) => {
  const measured = metricsMiddleware({ registry })
  const handle = (request: Request): Response => {
    const { pathname } = new URL(request.url)
    const route = match(request.method, pathname)
    setRoute(request, route && templateOf(route))
    if (route?.answer === 'throws') throw new ApplicationError()
    return new Response('', { status: route?.answer ?? 404 })
  }
  const fetch = (request: Request): Promise<Response> =>
    measured(request, handle).catch(() => new Response('', { status: 500 }))
  const server = serveHono({ fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed))
    },
  }
}

export const routeServers: Readonly<Record<string, StartServer>> = {
  'Express 5 behind exposeMetrics': expressBehind(express),
  'Express 5 with exposeMetrics as middleware': expressWith(express),
  'Express 4 behind exposeMetrics': expressBehind(express4 as typeof express),
  'Express 4 with exposeMetrics as middleware': expressWith(express4 as typeof express),
  Fastify: startFastify,
  Koa: startKoa,
  Hono: startHono,
  'NestJS on Express': startNestOnExpress,
  'NestJS on Fastify': startNestOnFastify,
  'Connect and setRoute': startConnect,
  'node:http and setRoute': startNode,
  'a fetch handler and setRoute': startFetchHandler,
}
