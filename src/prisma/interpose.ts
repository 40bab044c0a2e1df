/**
 * The same object with some of its methods replaced. All else is the original: its identity for
 * `instanceof`, the methods it lacks, and `this` inside its own methods, which may rest on `#private`
 * fields that a bare Proxy has not.
 */
export function interpose<T extends object>(
  original: T,
  /** Undefined for a method that the original lacks. */
  replaced: { readonly [K in keyof T]?: T[K] | undefined },
): T {
  const bound = new Map<unknown, unknown>()
  return new Proxy(original, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return replaced[key as keyof T]
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function' || key === 'constructor') return value
      let method = bound.get(value)
      if (method === undefined) {
        method = value.bind(target)
        bound.set(value, method)
      }
      return method
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  })
}
