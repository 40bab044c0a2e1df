/**
 * State that all copies of this package in one process (or thread) share. A bundle, a hot reload,
 * and `import` beside `require` each load a copy.
 *
 * @param layout the version of the value's layout. Copies that use different layouts share nothing:
 * raise it with every change that an older copy would misread.
 */
export function processState<T extends object>(name: string, layout: number, create: () => T): T {
  const key = Symbol.for(`prisma-prometheus.${name}.${layout}`)
  const existing: unknown = Reflect.get(globalThis, key)
  if (existing !== undefined) return existing as T
  const value = create()
  Object.defineProperty(globalThis, key, { value })
  return value
}
