import { machine } from '../machine.ts'
import { comparePrisma8 } from './compare.ts'

/** `npm run bench:prisma-8`, or with `-- --quick` for a short run. */
console.log(machine())
await comparePrisma8(process.argv.includes('--quick'))
