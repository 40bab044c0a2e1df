/** The part of a generated client's `Prisma.TypeMap` that types the events. */
export interface PrismaTypeMap {
  model: Record<string, ModelTypes>
  /** The raw operations. */
  other: ModelTypes
}

interface ModelTypes {
  payload: unknown
  operations: Record<string, OperationTypes>
}

interface OperationTypes {
  args: unknown
  result: unknown
}

/** The models of a client, and `$raw` for its raw operations. */
export type EventModel<T extends PrismaTypeMap> = (keyof T['model'] & string) | '$raw'

type OperationsOf<T extends PrismaTypeMap, M extends EventModel<T>> = M extends '$raw'
  ? T['other']['operations']
  : M extends keyof T['model']
    ? T['model'][M]['operations']
    : never

type PayloadOf<T extends PrismaTypeMap, M extends EventModel<T>> = M extends keyof T['model']
  ? T['model'][M]['payload']
  : unknown

export type EventOperation<T extends PrismaTypeMap, M extends EventModel<T>> = keyof OperationsOf<
  T,
  M
> &
  string

type RecordOperation =
  | 'create'
  | 'createManyAndReturn'
  | 'delete'
  | 'findFirst'
  | 'findFirstOrThrow'
  | 'findMany'
  | 'findUnique'
  | 'findUniqueOrThrow'
  | 'update'
  | 'updateManyAndReturn'
  | 'upsert'

/**
 * A record with optional fields. The type of Prisma's type map would also make the members of dates,
 * decimals and bytes optional.
 */
type RecordOf<Payload> = Payload extends { scalars: infer Scalars; objects: infer Objects }
  ? { [K in keyof Scalars]?: Scalars[K] } & { [K in keyof Objects]?: RelatedOf<Objects[K]> }
  : unknown

type RelatedOf<Related> = Related extends readonly (infer Each)[]
  ? RecordOf<Each>[]
  : Related extends null
    ? null
    : RecordOf<Related>

type ResultOf<Payload, Operation, Result> = Operation extends RecordOperation
  ? Result extends readonly unknown[]
    ? RecordOf<Payload>[]
    : RecordOf<Payload> | Extract<Result, null>
  : Result

/** An operation whose work is committed. */
export interface OperationEvent<Model, Operation, Args, Result> {
  readonly model: Model
  readonly operation: Operation
  /** The arguments of the operation. */
  readonly args: Args
  /**
   * The object that the caller received: it has only the fields that the caller selected, and changes
   * to it are visible to the caller.
   */
  readonly result: Result
  readonly durationSeconds: number
  /** The `client` label. */
  readonly client: string
}

/** The union of the events of several operations. */
export type EventOf<
  T extends PrismaTypeMap,
  M extends EventModel<T>,
  O extends EventOperation<T, M>,
> = {
  [K in O]: OperationsOf<T, M>[K] extends OperationTypes
    ? OperationEvent<
        M,
        K,
        // Prisma's types have the arguments of the template tag, where an extension gets its `Sql`.
        M extends '$raw' ? unknown : OperationsOf<T, M>[K]['args'],
        ResultOf<PayloadOf<T, M>, K, OperationsOf<T, M>[K]['result']>
      >
    : never
}[O]
