/**
 * The `code` label of a rejected operation: Prisma's `Pxxxx`, otherwise the kind of the error. Errors
 * are recognized by their fields and not by `instanceof`, because each generated client can have its
 * own copy of the error classes. Codes: https://www.prisma.io/docs/orm/reference/error-reference
 */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  const { code, errorCode: initializationCode, name } = error as Record<string, unknown>
  if (isPrismaCode(code)) return code
  if (isPrismaCode(initializationCode)) return initializationCode
  switch (name) {
    case 'PrismaClientValidationError':
      return 'validation'
    case 'PrismaClientInitializationError':
      return 'initialization'
    case 'PrismaClientRustPanicError':
      return 'panic'
    default:
      return 'unknown'
  }
}

function isPrismaCode(code: unknown): code is string {
  return typeof code === 'string' && /^P\d{4}$/.test(code)
}
