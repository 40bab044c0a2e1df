import { expectSeconds, expectThat, readOptions } from '../support/validate.ts'

/** Settings of the migrations gauge. */
export interface MigrationsOptions {
  /**
   * The folder of migrations (`prisma/migrations`). Its migrations that are missing from
   * `_prisma_migrations` are counted as `state="pending"`.
   */
  readonly directory?: string
  /**
   * The age of the counts from which a scrape reads them again, in seconds.
   * @default 60
   */
  readonly refreshSeconds?: number
}

export interface MigrationsSettings {
  readonly directory: string | undefined
  readonly refreshSeconds: number
}

/** @throws {TypeError} that names the option, the expectation and the value. */
export function resolveMigrations(
  migrations: MigrationsOptions | false,
): MigrationsSettings | false {
  if (migrations === false) return false
  const { directory, refreshSeconds = 60 } = readOptions(
    'migrations',
    migrations,
    { directory: true, refreshSeconds: true },
    'an object or false',
  )
  expectThat(
    'migrations.directory',
    directory === undefined || (typeof directory === 'string' && directory !== ''),
    'the path of a folder',
    directory,
  )
  expectSeconds('migrations.refreshSeconds', refreshSeconds, 0)
  return { directory, refreshSeconds }
}
