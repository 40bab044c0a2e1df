import type { ErrorReporter } from '../../metrics/error-reporter.ts'
import { codedError } from '../../support/coded-error.ts'
import { isObject } from '../../support/validate.ts'

/** The driver of a client's stack, before and after it is connected. */
interface DriverDescriptor {
  create(...args: unknown[]): Driver
}

interface Driver {
  connect(binding: unknown, ...rest: unknown[]): unknown
}

/** The pool or connection that a driver is connected to. */
export interface Binding {
  readonly pool?: unknown
  readonly client?: unknown
}

/**
 * Calls `connecting` with the pool or connection that the client's driver is about to use: one that was
 * passed to the client, or one that Prisma has made for a `url`. Prisma makes its driver at the first
 * use of the client, so a client that was used before is not instrumented.
 *
 * @throws {TypeError} if the driver cannot be replaced.
 */
export function watchDriver(
  stack: unknown,
  connecting: (binding: Binding) => void,
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
          if (isObject(binding)) connecting(binding)
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
