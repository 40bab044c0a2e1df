/**
 * Wraps an object to replace some of its methods. Everything else is as in the original: `instanceof`,
 * missing methods, and `this` inside its methods, which may use `#private` fields that a Proxy does not
 * have. {@link ForwardingClasses} wrap short-lived objects at less cost.
 */
export function wrap<T extends object>(original: T, replaced: Partial<T>): T {
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

/** A copy: a Proxy of a frozen object must return the object's own methods. */
function thawed<T extends object>(frozen: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(frozen) as object | null) as T, frozen)
}

type Key = string | symbol
type Wrapper = new (original: never, ...context: never[]) => object

interface Subclass {
  readonly ownKeys: readonly Key[]
  readonly constructor: Wrapper
}

// Object literals with different properties need a subclass each; this bounds their number.
const maxSubclasses = 16

/**
 * Makes subclasses of a wrapper class that forward each property of an object for which the wrapper
 * class has no method. An instance is `instanceof` the object's class, has the methods that the object
 * has and no others, and calls them with the object as `this`. Objects of one class share a subclass,
 * so wrapping one costs an allocation, and calling a method of the wrapper class costs as much as
 * calling any method.
 */
export class ForwardingClasses<W extends Wrapper> {
  readonly #wrapper: W
  readonly #originalOf: (wrapper: object) => object
  /** The subclasses by the prototype of the wrapped objects. */
  readonly #subclasses = new WeakMap<object, Subclass[]>()

  /** @param originalOf reads the object that an instance of `wrapper` was made for. */
  constructor(wrapper: W, originalOf: (wrapper: object) => object) {
    this.#wrapper = wrapper
    this.#originalOf = originalOf
  }

  /** The subclass for `original` and the objects like it. */
  of(original: object): W {
    const prototype = (Object.getPrototypeOf(original) as object | null) ?? noPrototype
    const ownKeys = Reflect.ownKeys(original)
    let subclasses = this.#subclasses.get(prototype)
    let subclass = subclasses?.find((known) => isSame(known.ownKeys, ownKeys))
    if (subclass === undefined) {
      if (subclasses === undefined || subclasses.length === maxSubclasses) {
        subclasses = []
        this.#subclasses.set(prototype, subclasses)
      }
      subclass = { ownKeys, constructor: this.#forwarding(original) }
      subclasses.push(subclass)
    }
    return subclass.constructor as W
  }

  #forwarding(original: object): Wrapper {
    const Wrapper: Wrapper = this.#wrapper
    const forwarding = class extends Wrapper {}
    const own = Object.getOwnPropertyDescriptors(Wrapper.prototype as object)
    const replaced: Readonly<Record<Key, PropertyDescriptor>> = own
    for (const [key, descriptor] of propertiesOf(original)) {
      const isMethod = typeof descriptor.value === 'function'
      Object.defineProperty(
        forwarding.prototype,
        key,
        isMethod && Object.hasOwn(replaced, key)
          ? (replaced[key] as PropertyDescriptor)
          : forwarded(key, isMethod, this.#originalOf),
      )
    }
    Object.setPrototypeOf(forwarding.prototype, Object.getPrototypeOf(original) as object | null)
    return forwarding
  }
}

const noPrototype = {}

function isSame(some: readonly Key[], others: readonly Key[]): boolean {
  return some.length === others.length && some.every((key, index) => key === others[index])
}

/** The properties of an object, including inherited ones, except those of `Object.prototype`. */
function propertiesOf(object: object): ReadonlyMap<Key, PropertyDescriptor> {
  const properties = new Map<Key, PropertyDescriptor>()
  let at: object | null = object
  while (at !== null && at !== Object.prototype) {
    for (const key of Reflect.ownKeys(at)) {
      if (key === 'constructor' || properties.has(key)) continue
      properties.set(key, Object.getOwnPropertyDescriptor(at, key) as PropertyDescriptor)
    }
    at = Object.getPrototypeOf(at) as object | null
  }
  return properties
}

function forwarded(
  key: Key,
  isMethod: boolean,
  originalOf: (wrapper: object) => object,
): PropertyDescriptor {
  const read = (wrapper: object): unknown => Reflect.get(originalOf(wrapper), key)
  const enumerable = true
  const configurable = true
  if (isMethod) {
    return {
      enumerable,
      configurable,
      writable: true,
      value(this: object, ...args: unknown[]): unknown {
        return (read(this) as (...args: unknown[]) => unknown).apply(originalOf(this), args)
      },
    }
  }
  return {
    enumerable,
    configurable,
    get(this: object) {
      const value = read(this)
      return typeof value === 'function' ? (value.bind(originalOf(this)) as unknown) : value
    },
    set(this: object, value: unknown) {
      Reflect.set(originalOf(this), key, value)
    },
  }
}
