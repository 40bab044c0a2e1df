/**
 * Returns the application's stack frames of a call, one per line. Frames of packages are returned only
 * if the application has none: then a package is the caller.
 */
export function callerFrames(call: { stack(): string | undefined }): string | undefined {
  const frames = call.stack()?.split('\n') ?? []
  const outsideNode = frames.filter((frame) => !/[\s(]node:/.test(frame))
  const own = outsideNode.filter((frame) => !/[\\/]node_modules[\\/]/.test(frame))
  return (own.length > 0 ? own : outsideNode).join('\n') || undefined
}
