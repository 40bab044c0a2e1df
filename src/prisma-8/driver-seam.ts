import type { ErrorReporter } from '../metrics/error-reporter.ts'
import { codedError } from '../support/coded-error.ts'
import { isObject } from '../support/validate.ts'

/** The driver of a client's stack, before and after it is connected. */
interface DriverDescriptor {
  create(...args: unknown[]): Driver
}

interface Driver {
  connect(binding: unknown, ...rest: unknown[]): unknown
}

/** What a driver is connected to: on Postgres a pool or a connection. */
export interface Binding {
  readonly pool?: unknown
  readonly client?: unknown
}

/**
 * Calls `connecting` with the client's driver and what it is about to use. On Postgres that is the pool
 * or connection that was passed to the client, or the pool that Prisma has made for a `url`. Prisma makes
 * its driver at the first use of the client, so a client that was used before is not instrumented.
 *
 * @throws {TypeError} if the driver cannot be replaced.
 */
export function watchDriver(
  stack: unknown,
  connecting: (binding: Binding, driver: object) => void,
  errorReporter: ErrorReporter,
): void {
  const original: unknown = isObject(stack) ? Reflect.get(stack, 'driver') : undefined
  if (!isDescriptor(original)) throw refused()
  const descriptor = Object.assign(Object.create(original) as DriverDescriptor, {
    create(...args: unknown[]): Driver {
      const driver = original.create(...args)
      const connect = driver.connect.bind(driver)
      driver.connect = (binding, ...rest) => {
        errorReporter.guard(() => {
          if (isObject(binding)) connecting(binding, driver)
        })
        return connect(binding, ...rest)
      }
      return driver
    },
  })
  if (!Reflect.set(stack as object, 'driver', descriptor)) throw refused()
}

function isDescriptor(value: unknown): value is DriverDescriptor {
  return isObject(value) && typeof Reflect.get(value, 'create') === 'function'
}

function refused(): Error {
  return codedError(
    'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    'prisma-prometheus: metrics.instrument(db): expected a client whose driver can be watched, got one without a replaceable stack.driver; pass pg: metrics.pool(new Pool(…)) to postgres()',
  )
}
