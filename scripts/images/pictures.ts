/** The panels that are drawn: dashboard → panel titles. */
export const pictures: Readonly<Record<string, readonly string[]>> = {
  'prisma-overview': ['Operations by model', 'Latency', 'Errors by code', 'Connections'],
  'prisma-transactions': [
    'Transactions by outcome',
    'Time to get a connection',
    'Deadlocks and write conflicts',
    'Wait for BEGIN',
  ],
  'prisma-requests': [
    'Requests by route',
    'Operations per scope',
    'N+1 suspects',
    'Time since the last success',
  ],
  'prisma-business': [
    'Alerts raised',
    'Alerts open',
    'Time to resolve',
    'Data quality score',
    'Runs of jobs',
    'Alerts as events and as rows',
  ],
}
