import { comparePrisma8 } from './compare.ts'

/** `npm run bench:prisma-8`: the part of `npm run bench` that measures Prisma 8. */
await comparePrisma8(process.argv.includes('--quick'))
