import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { ScopeAccounts } from '../../../src/database/holders/scope-account.ts'
import type { TransactionControl } from '../../../src/database/sql/transaction-control.ts'
import type { InteractiveObserver } from '../../../src/database/operations/transaction-scopes.ts'
import { TransactionScope } from '../../../src/database/operations/transaction-scope.ts'
import { TransactionScopes } from '../../../src/database/operations/transaction-scopes.ts'
import { Counter } from '../../../src/metrics/counter.ts'
import { createInstruments } from '../../../src/metrics/instruments.ts'
import { ErrorReporter } from '../../../src/metrics/error-reporter.ts'

/** Effects by name, and what became of them, in order. */
class Log {
  readonly entries: string[] = []

  effect(name: string): { committed(): void; rolledBack(): void } {
    return {
      committed: () => this.entries.push(`${name} committed`),
      rolledBack: () => this.entries.push(`${name} rolled back`),
    }
  }

  /** The entries since the last call. */
  take(): string[] {
    return this.entries.splice(0)
  }
}

const defaults = { client: 'default', prefix: 'prisma_', maxSeries: 10 }
const errors: unknown[] = []
const createScopes = (): TransactionScopes =>
  new TransactionScopes(new ErrorReporter(new Counter([]), (error) => errors.push(error)))

const control = (name: TransactionControl['control'], rest: object = {}): TransactionControl => ({
  control: name,
  savepoint: 'a',
  chain: false,
  ...rest,
})

describe('a scope', () => {
  const open = (): { scope: TransactionScope; log: Log } => ({
    scope: createScopes().open('interactive'),
    log: new Log(),
  })

  test.each([
    [true, 'committed'],
    [false, 'rolled back'],
  ] as const)('runs its effects in order once it ends (succeeded: %s)', (succeeded, outcome) => {
    const { scope, log } = open()
    scope.add(log.effect('a'))
    scope.add(log.effect('b'))
    expect(log.take()).toEqual([])
    scope.end(succeeded)
    expect(log.take()).toEqual([`a ${outcome}`, `b ${outcome}`])
    scope.add(log.effect('late'))
    expect(log.take()).toEqual([`late ${outcome}`])
    scope.end(!succeeded)
    scope.add(log.effect('later'))
    expect(log.take()).toEqual([`later ${outcome}`])
  })

  test('rolls back an effect without a function for it', () => {
    const { scope } = open()
    const before = errors.length
    scope.add({ committed: () => {} })
    scope.end(false)
    expect(errors).toHaveLength(before)
  })

  test('is rolled back if the server has refused a statement', () => {
    const { scope, log } = open()
    scope.add(log.effect('a'))
    scope.aborted = true
    scope.end(true)
    expect(log.take()).toEqual(['a rolled back'])
  })

  test('follows savepoints', () => {
    const { scope, log } = open()
    scope.add(log.effect('outer'))
    scope.apply(control('savepoint'))
    scope.add(log.effect('undone'))
    scope.aborted = true
    scope.apply(control('rollback to'))
    expect(log.take()).toEqual(['undone rolled back'])
    expect(scope.aborted).toBe(false)
    scope.add(log.effect('kept'))
    scope.apply(control('release'))
    scope.apply(control('rollback to'))
    expect(log.take()).toEqual([])
    scope.end(true)
    expect(log.take()).toEqual(['outer committed', 'kept committed'])
  })

  test('commits at once after a COMMIT in SQL, until BEGIN', () => {
    const { scope, log } = open()
    scope.add(log.effect('a'))
    scope.apply(control('commit'))
    expect(log.take()).toEqual(['a committed'])
    scope.add(log.effect('b'))
    expect(log.take()).toEqual(['b committed'])
    scope.apply(control('begin'))
    scope.add(log.effect('c'))
    expect(log.take()).toEqual([])
    scope.apply(control('rollback'))
    expect(log.take()).toEqual(['c rolled back'])
    scope.end(true)
    expect(log.take()).toEqual([])
  })

  test.each(['commit', 'rollback'] as const)('stays in a transaction after %s AND CHAIN', (end) => {
    const { scope, log } = open()
    scope.apply(control(end, { chain: true }))
    scope.add(log.effect('a'))
    expect(log.take()).toEqual([])
    scope.end(true)
    expect(log.take()).toEqual(['a committed'])
  })

  test('rolls back at COMMIT in SQL if the server has refused a statement', () => {
    const { scope, log } = open()
    scope.add(log.effect('a'))
    scope.aborted = true
    scope.apply(control('commit', { chain: true }))
    expect(log.take()).toEqual(['a rolled back'])
    scope.add(log.effect('b'))
    scope.end(true)
    expect(log.take()).toEqual(['b committed'])
  })

  test('ignores BEGIN once it has ended', () => {
    const { scope, log } = open()
    scope.apply(control('commit'))
    scope.end(false)
    scope.apply(control('begin'))
    scope.add(log.effect('late'))
    expect(log.take()).toEqual(['late committed'])
  })

  test('commits at once after the server has rolled it back by itself', () => {
    const { scope, log } = open()
    scope.add(log.effect('a'))
    scope.aborted = true
    scope.lose()
    expect(log.take()).toEqual(['a rolled back'])
    expect(scope.aborted).toBe(false)
    scope.add(log.effect('b'))
    expect(log.take()).toEqual(['b committed'])
  })

  test('abandons the operations that have not settled', () => {
    const ended: string[] = []
    const scope = createScopes().open('interactive', undefined, () => ended.push('end'))
    const [first, second, late] = ['first', 'second', 'late'].map((name) => () => {
      ended.push(name)
    }) as [() => void, () => void, () => void]
    scope.started(first)
    scope.started(second)
    expect(scope.settled(first)).toBe(true)
    expect(scope.settled(first)).toBe(false)
    scope.end(true)
    expect(ended).toEqual(['end', 'second'])
    expect(scope.settled(second)).toBe(false)
    scope.started(late)
    expect(ended).toEqual(['end', 'second', 'late'])
    scope.end(true)
    expect(ended).toHaveLength(3)
  })

  test('ends without a listener', () => {
    const log = new Log()
    const scope = new TransactionScope('interactive', undefined, (effect, outcome) =>
      effect[outcome]?.(),
    )
    scope.add(log.effect('a'))
    scope.end(true)
    expect(log.take()).toEqual(['a committed'])
  })
})

describe('a scope that is a savepoint of another', () => {
  const open = (): { outer: TransactionScope; inner: TransactionScope; log: Log } => {
    const scopes = createScopes()
    const outer = scopes.open('interactive')
    return { outer, inner: scopes.open('interactive', outer), log: new Log() }
  }

  test('hands its effects to the other on success', () => {
    const { outer, inner, log } = open()
    expect(inner.outer).toBe(outer)
    inner.add(log.effect('a'))
    inner.end(true)
    inner.add(log.effect('late'))
    expect(log.take()).toEqual([])
    outer.end(false)
    expect(log.take()).toEqual(['a rolled back', 'late rolled back'])
    inner.add(log.effect('later'))
    expect(log.take()).toEqual(['later rolled back'])
  })

  test('rolls back its own effects on failure', () => {
    const { outer, inner, log } = open()
    outer.add(log.effect('outer'))
    inner.add(log.effect('a'))
    inner.end(false)
    expect(log.take()).toEqual(['a rolled back'])
    inner.add(log.effect('late'))
    expect(log.take()).toEqual(['late rolled back'])
    outer.end(true)
    expect(log.take()).toEqual(['outer committed'])
  })

  test('ends both at a COMMIT in SQL', () => {
    const { outer, inner, log } = open()
    outer.add(log.effect('outer'))
    inner.add(log.effect('inner'))
    outer.aborted = true
    inner.apply(control('commit'))
    expect(log.take()).toEqual(['outer committed', 'inner committed'])
    expect(outer.aborted).toBe(false)
    outer.add(log.effect('at once'))
    inner.add(log.effect('too'))
    expect(log.take()).toEqual(['at once committed', 'too committed'])
    inner.apply(control('begin'))
    outer.add(log.effect('pending'))
    inner.end(true)
    expect(log.take()).toEqual([])
  })

  test('commits at once if the other does when it opens', () => {
    const scopes = createScopes()
    const log = new Log()
    const outer = scopes.open('interactive')
    outer.apply(control('commit'))
    scopes.open('interactive', outer).add(log.effect('a'))
    expect(log.take()).toEqual(['a committed'])
  })

  test('is a transaction of its own if it is an array', () => {
    const scopes = createScopes()
    const outer = scopes.open('interactive')
    const array = scopes.open('array', outer)
    expect([array.outer, array.surrounding]).toEqual([undefined, outer])
    expect(scopes.open('array').surrounding.kind).toBe('array')
    const interactive = scopes.open('interactive', outer)
    expect(interactive.surrounding).toBe(interactive)
    const log = new Log()
    array.add(log.effect('a'))
    array.end(true)
    expect(log.take()).toEqual(['a committed'])
  })

  test('shares the connection of the other', () => {
    const scopes = createScopes()
    const outer = scopes.open('interactive')
    expect(scopes.open('interactive', outer).held).toBeUndefined()
    const held = {} as NonNullable<TransactionScope['held']>
    outer.held = held
    expect(scopes.open('array', outer).held).toBe(held)
  })
})

describe('running code', () => {
  test('belongs to the scope that it runs in', async () => {
    const scopes = createScopes()
    expect([scopes.innermost, scopes.current(), scopes.array(), scopes.call]).toEqual(
      Array.from({ length: 4 }),
    )
    const outer = scopes.open('interactive')
    const array = scopes.open('array', outer)
    await scopes.within(outer, async () => {
      await sleep(1)
      expect([scopes.innermost, scopes.current(), scopes.array()]).toEqual([
        outer,
        outer,
        undefined,
      ])
      await scopes.within(array, async () => {
        await sleep(1)
        expect([scopes.innermost, scopes.current(), scopes.array()]).toEqual([array, outer, array])
        scopes.outside(() => {
          expect([scopes.innermost, scopes.current()]).toEqual([undefined, undefined])
        })
      })
      expect(scopes.inside(array, () => scopes.innermost)).toBe(array)
    })
    expect(scopes.outside(() => scopes.innermost)).toBeUndefined()
    expect(scopes.outside(() => 7)).toBe(7)
  })

  test('runs an effect at once outside transactions', () => {
    const scopes = createScopes()
    const log = new Log()
    scopes.add(log.effect('a'), undefined)
    expect(log.take()).toEqual(['a committed'])
    const scope = scopes.open('interactive')
    scopes.add(log.effect('b'), scope)
    expect(log.take()).toEqual([])
  })

  test('continues after an effect that throws, which is reported', () => {
    const scopes = createScopes()
    const log = new Log()
    const error = new Error('handler')
    const before = errors.length
    const scope = scopes.open('interactive')
    scope.add({
      committed() {
        throw error
      },
    })
    scope.add(log.effect('b'))
    scope.end(true)
    expect(errors.slice(before)).toEqual([error])
    expect(log.take()).toEqual(['b committed'])
  })

  test('knows that the database has refused COMMIT', () => {
    const scopes = createScopes()
    const scope = scopes.open('array')
    scopes.transactionEnded('refused')
    scopes.inside(scope, () => {
      scopes.transactionEnded('rollback')
      expect(scope.aborted).toBe(false)
      scopes.transactionEnded('refused')
      expect(scope.aborted).toBe(true)
    })
  })
})

describe('the end of a scope', () => {
  test('follows the promise', async () => {
    const scopes = createScopes()
    const log = new Log()
    const failed: unknown[] = []
    const run = (start: () => unknown): unknown => {
      const scope = scopes.open('array')
      scope.add(log.effect('a'))
      return scopes.within(scope, start, (error) => failed.push(error))
    }
    const resolved = run(async () => 5)
    expect(log.take()).toEqual([])
    expect(await resolved).toBe(5)
    expect(log.take()).toEqual(['a committed'])
    const error = new Error('no')
    await expect(
      run(async () => {
        throw error
      }),
    ).rejects.toBe(error)
    expect(log.take()).toEqual(['a rolled back'])
    expect(() =>
      run(() => {
        throw error
      }),
    ).toThrow(error)
    expect(log.take()).toEqual(['a rolled back'])
    expect(run(() => 6)).toBe(6)
    expect(log.take()).toEqual(['a committed'])
    expect(failed).toEqual([error, error])
  })

  test('needs no listener for its failure', async () => {
    const scopes = createScopes()
    await expect(
      scopes.within(scopes.open('array'), () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no')
  })

  test('runs in the async context of the scope', async () => {
    const scopes = createScopes()
    const scope = scopes.open('array')
    const seen: unknown[] = []
    scope.add({ committed: () => seen.push(scopes.innermost) })
    await scopes.within(scope, async () => {})
    expect(seen).toEqual([scope])
    expect(scopes.innermost).toBeUndefined()
  })

  test('keeps a lazy promise lazy, with its other members', async () => {
    const scopes = createScopes()
    const log = new Log()
    let started = 0
    const lazy = (end: () => Promise<number>) => ({
      requestTransaction() {
        return this === undefined ? 'no receiver' : 'transaction'
      },
      kind: 'PrismaPromise',
      // oxlint-disable-next-line unicorn/no-thenable -- as a Prisma promise
      then(...listeners: Parameters<Promise<number>['then']>) {
        started += 1
        return end().then(...listeners)
      },
      catch() {
        throw new Error('unused')
      },
      finally() {
        throw new Error('unused')
      },
    })
    const within = (end: () => Promise<number>) => {
      const scope = scopes.open('array')
      scope.add(log.effect('a'))
      return scopes.within(scope, () => lazy(end)) as Promise<number> & ReturnType<typeof lazy>
    }
    const success = within(async () => 1)
    expect([success.kind, success.requestTransaction()]).toEqual(['PrismaPromise', 'transaction'])
    await sleep(1)
    expect([started, log.take()]).toEqual([0, []])
    expect(await success).toBe(1)
    expect([started, log.take()]).toEqual([1, ['a committed']])
    const error = new Error('no')
    const reject = (): Promise<number> => Promise.reject(error)
    const caught = within(reject)
    expect(await caught.catch((reason: unknown) => reason as number)).toBe(error)
    expect(log.take()).toEqual(['a rolled back'])
    const ended: string[] = []
    await expect(within(reject).finally(() => ended.push('finally'))).rejects.toBe(error)
    expect(await within(async () => 2).finally(() => ended.push('finally'))).toBe(2)
    expect(ended).toHaveLength(2)
  })
})

describe('an interactive transaction', () => {
  const { instruments } = createInstruments({ ...defaults, registry: new Registry() })
  const accounts = new ScopeAccounts(instruments, defaults.maxSeries)
  const observe = (): InteractiveObserver & { failures: unknown[]; ended: unknown[] } => {
    const failures: unknown[] = []
    const ended: unknown[] = []
    return {
      failures,
      ended,
      caller: { account: accounts.none },
      ending: (scope) => ended.push(scope),
      failed: (phase, error) => failures.push([phase, error]),
    }
  }

  test('commits the effects of its callback once the call resolves', async () => {
    const scopes = createScopes()
    const log = new Log()
    const observer = observe()
    const seen: unknown[] = []
    const result = scopes.runInteractive(
      undefined,
      async (attempt) => {
        seen.push(scopes.innermost, scopes.call?.caller)
        await sleep(1)
        const value = await attempt(async (scope) => {
          seen.push(scopes.call, scopes.innermost === scope, scopes.current() === scope)
          scope.add(log.effect('a'))
          await sleep(1)
          return 8
        })
        expect(log.take()).toEqual([])
        return value
      },
      observer,
    )
    expect(await result).toBe(8)
    expect(seen).toEqual([undefined, observer.caller, undefined, true, true])
    expect(log.take()).toEqual(['a committed'])
    expect(observer.ended).toHaveLength(1)
    expect(observer.failures).toEqual([])
  })

  test('rolls back an invocation that is tried again', async () => {
    const scopes = createScopes()
    const log = new Log()
    await scopes.runInteractive(
      undefined,
      async (attempt) => {
        await attempt(async (scope) => {
          scope.add(log.effect('first'))
          throw new Error('again')
        }).catch(() => {})
        expect(log.take()).toEqual(['first rolled back'])
        await attempt(async (scope) => scope.add(log.effect('second')))
      },
      observe(),
    )
    expect(log.take()).toEqual(['second committed'])
  })

  test('ends as the database has answered', async () => {
    const scopes = createScopes()
    const log = new Log()
    const observer = observe()
    await scopes.runInteractive(
      undefined,
      async (attempt) => {
        await attempt(async (scope) => scope.add(log.effect('a')))
        scopes.transactionEnded('refused')
      },
      observer,
    )
    expect(log.take()).toEqual(['a rolled back'])
  })

  test('reports the failure of BEGIN and of COMMIT, not that of its callback', async () => {
    const scopes = createScopes()
    const error = new Error('no')
    const observer = observe()
    await expect(
      scopes.runInteractive(undefined, () => Promise.reject(error), observer),
    ).rejects.toBe(error)
    expect(observer.failures).toEqual([['begin', error]])
    const second = observe()
    await expect(
      scopes.runInteractive(
        undefined,
        async (attempt) => {
          await attempt(async () => {})
          throw error
        },
        second,
      ),
    ).rejects.toBe(error)
    expect(second.failures).toEqual([['commit', error]])
    const third = observe()
    await expect(
      scopes.runInteractive(undefined, (attempt) => attempt(() => Promise.reject(error)), third),
    ).rejects.toBe(error)
    expect(third.failures).toEqual([])
  })

  test('reports an observer that throws', async () => {
    const scopes = createScopes()
    const error = new Error('observer')
    const before = errors.length
    const observer: InteractiveObserver = {
      caller: observe().caller,
      failed() {
        throw error
      },
    }
    await expect(
      scopes.runInteractive(undefined, () => Promise.reject(new Error('begin')), observer),
    ).rejects.toThrow('begin')
    await scopes.runInteractive(undefined, (attempt) => attempt(async () => {}), observer)
    expect(errors.slice(before)).toEqual([error])
  })

  test('is a savepoint inside another', async () => {
    const scopes = createScopes()
    const log = new Log()
    const outer = scopes.open('interactive')
    await scopes.runInteractive(
      outer,
      (attempt) =>
        attempt(async (scope) => {
          expect(scope.outer).toBe(outer)
          scope.add(log.effect('a'))
        }),
      observe(),
    )
    expect(log.take()).toEqual([])
    outer.end(true)
    expect(log.take()).toEqual(['a committed'])
  })
})
