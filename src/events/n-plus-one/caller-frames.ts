import type { OperationCall } from '../../database/operations/operation.ts'

/**
 * Where an operation was called: the application's own frames, one in a line. Those of packages only
 * where there are no others, since then one of them is the caller.
 */
export function callerFrames(call: OperationCall): string | undefined {
  const frames = call.stack()?.split('\n') ?? []
  const outsideNode = frames.filter((frame) => !/[\s(]node:/.test(frame))
  const own = outsideNode.filter((frame) => !/[\\/]node_modules[\\/]/.test(frame))
  return (own.length > 0 ? own : outsideNode).join('\n') || undefined
}
