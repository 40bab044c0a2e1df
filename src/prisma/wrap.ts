/**
 * The same object with some of its methods replaced. All else is the original: its identity for
 * `instanceof`, the methods it lacks, and `this` inside its own methods, which may rest on `#private`
 * fields that a bare Proxy has not.
 */
export function wrap<T extends object>(
  original: T,
  /** Undefined for a method that the original lacks. */
  replaced: { readonly [K in keyof T]?: T[K] | undefined },
): T {
  const bound = new Map<unknown, unknown>()
  return new Proxy(Object.isFrozen(original) ? thawed(original) : original, {
    get(_, key) {
      if (Object.hasOwn(replaced, key)) return replaced[key as keyof T]
      const value: unknown = Reflect.get(original, key, original)
      if (typeof value !== 'function' || key === 'constructor') return value
      let method = bound.get(value)
      if (method === undefined) {
        method = value.bind(original)
        bound.set(value, method)
      }
      return method
    },
    set: (_, key, value) => Reflect.set(original, key, value, original),
  })
}

/** What a Proxy may give other methods than: of a frozen object it has to tell those that are there. */
function thawed<T extends object>(frozen: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(frozen) as object | null) as T, frozen)
}
