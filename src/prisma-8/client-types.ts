/** The types of events, from the type of Prisma 8's client: `PostgresClient<Contract>`. */

type AnyMethod = (...args: never[]) => unknown

/** A collection of the ORM client, by a method that every one has. */
interface AnyCollection {
  create: AnyMethod
}

/** The ORM client: by namespace and model on Postgres, by model on SQLite. */
type OrmOf<Client> = Client extends { readonly orm: infer Orm } ? Orm : never

/** Model names, alone and with their namespace. */
type ModelOf<Orm> = {
  [N in keyof Orm & string]: Orm[N] extends AnyCollection
    ? N
    : (keyof Orm[N] & string) | `${N}.${keyof Orm[N] & string}`
}[keyof Orm & string]

type CollectionOf<Orm, Model extends string> = Model extends `${infer Namespace}.${infer Name}`
  ? Namespace extends keyof Orm
    ? Name extends keyof Orm[Namespace]
      ? Orm[Namespace][Name]
      : never
    : never
  : {
      [N in keyof Orm]: Orm[N] extends AnyCollection
        ? N extends Model
          ? Orm[N]
          : never
        : Model extends keyof Orm[N]
          ? Orm[N][Model]
          : never
    }[keyof Orm]

type RowOf<Collection> = Collection extends { first: (...args: never[]) => PromiseLike<infer Row> }
  ? NonNullable<Row>
  : unknown

type OperationsOf<Collection> = {
  [
    Name in keyof Collection & string as Collection[Name] extends (
      ...args: never[]
    ) => PromiseLike<unknown>
      ? Name
      : never
  ]: Collection[Name] extends (...args: infer Args) => PromiseLike<infer Result>
    ? { args: Readonly<Args>; result: Result }
    : never
}

/**
 * The models and operations of a Prisma 8 client, which type the events:
 * `prismaMetrics<TypeMap<PostgresClient<Contract>>>()`.
 */
export interface TypeMap<Client> {
  model: {
    [Model in ModelOf<OrmOf<Client>>]: {
      payload: { scalars: RowOf<CollectionOf<OrmOf<Client>, Model>>; objects: {} }
      operations: OperationsOf<CollectionOf<OrmOf<Client>, Model>>
    }
  }
  other: { payload: unknown; operations: { 'raw-query': { args: unknown; result: unknown } } }
}
