/** Error kinds of the driver adapter that mean that the database cannot be reached. */
export const unreachableKinds =
  'DatabaseNotReachable|DatabaseDoesNotExist|DatabaseAccessDenied|ConnectionClosed|TlsConnectionError|AuthenticationFailed|TooManyConnections'

/** Prisma's codes that mean that the database cannot be reached. */
export const unreachableCodes = 'P1000|P1001|P1002|P1003|P1010|P1011|P1017|P2037|initialization'

/** Codes of operations and transactions that waited too long for a connection or for BEGIN. */
export const waitingCodes = 'P1008|P2024|P2028'
