import { nestedOperations } from './nested-operations.ts'
import { planOperations } from './plan-operations.ts'
import { email, id, type Operation, tag } from './operation.ts'

const writes: readonly Operation[] = [
  {
    name: 'User.create',
    weight: 4,
    make: (_, { orm }, random) => orm.public.User.create({ email: email(random), score: 1 }),
  },
  {
    name: 'User.create, refused by a CHECK',
    weight: 0.5,
    make: (run, { orm }) =>
      orm.public.User.create({ email: run.unique(), standing: 'strange' as 'normal' }),
  },
  {
    name: 'User.update',
    weight: 4,
    make: (_, { orm }, random) =>
      orm.public.User.where({ email: email(random) }).update({
        score: random.below(9),
        address: { street: 'Main Street', city: null },
      }),
  },
  {
    name: 'User.updateAll',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.User.where((user) => user.id.lt(id(random))).updateAll({ score: 3 }),
  },
  {
    name: 'User.updateAndCount',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.User.where((user) => user.id.gt(id(random))).updateAndCount({ score: 4 }),
  },
  {
    name: 'User.delete',
    weight: 2,
    make: (_, { orm }, random) => orm.public.User.where({ email: email(random) }).delete(),
  },
  {
    name: 'User.upsert',
    weight: 3,
    make: (_, { orm }, random) => {
      const address = email(random)
      return orm.public.User.upsert({
        create: { email: address, score: 8 },
        update: { score: 9 },
        conflictOn: { email: address },
      })
    },
  },
  {
    name: 'Tag.upsert that updates nothing',
    weight: 2,
    make: (_, { orm }, random) => {
      const name = tag(random)
      return orm.public.Tag.upsert({ create: { name }, update: {}, conflictOn: { name } })
    },
  },
  {
    name: 'Tag.create',
    weight: 4,
    make: (_, { orm }, random) => orm.public.Tag.create({ name: tag(random) }),
  },
  {
    name: 'Tag.createAll',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Tag.createAll(random.several(0, 3, () => ({ name: tag(random) }))),
  },
  {
    name: 'Tag.createAll, skipping conflicts',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Tag.createAll(
        random.several(1, 4, () => ({ name: tag(random) })),
        { onConflict: 'skip' },
      ),
  },
  {
    name: 'Tag.createAndCount, skipping conflicts',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Tag.createAndCount(
        random.several(1, 4, () => ({ name: tag(random) })),
        { onConflict: 'skip', conflictOn: ['name'] },
      ),
  },
  {
    name: 'Tag.deleteAll',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Tag.where((row) => row.id.gt(20 + id(random))).deleteAll(),
  },
  {
    name: 'Post.create',
    weight: 4,
    make: (_, { orm }, random) => orm.public.Post.create({ title: 'post', authorId: id(random) }),
  },
  {
    name: 'Post.create with a reviewer, checked at COMMIT',
    weight: 1,
    make: (_, { orm }, random) =>
      orm.public.Post.create({
        title: 'reviewed',
        authorId: id(random),
        reviewerId: random.chance(0.5) ? 100_000 : id(random),
      }),
  },
  {
    name: 'Post.deleteAll with relations',
    weight: 1,
    make: (_, { orm }, random) =>
      orm.public.Post.where({ id: id(random) })
        .include('comments')
        .deleteAll(),
  },
  {
    name: 'Post.deleteAndCount',
    weight: 1,
    make: (_, { orm }, random) => orm.public.Post.where({ id: id(random) }).deleteAndCount(),
  },
  {
    name: 'Comment.createAndCount',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Comment.createAndCount(
        random.several(1, 3, () => ({ text: 'comment', postId: id(random) })),
      ),
  },
  {
    name: 'Note.create, in two schemas',
    weight: 2,
    make: (_, { orm }, random) =>
      random.chance(0.5)
        ? orm.public.Note.create({ text: 'public' })
        : orm.archive.Note.create({ text: 'archived' }),
  },
  {
    name: 'Reader.create',
    weight: 12,
    make: async (run, { orm, observed }) => {
      const reader = await orm.archive.Reader.create({ email: run.unique() })
      if (observed) run.readers.push(reader.email)
      if (run.leaked && orm === run.session.orm) run.leakedReaders.add(reader.email)
    },
  },
  {
    name: 'Bug.create, in the table of Task',
    weight: 2,
    make: (_, { orm }) => orm.public.Task.variant('Bug').create({ title: 'bug', severity: 'high' }),
  },
  {
    name: 'Feature.create, in two tables',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Task.variant('Feature').create({ title: 'feature', priority: id(random) }),
  },
  {
    name: 'Task.deleteAll',
    weight: 1,
    make: (_, { orm }, random) => orm.public.Task.where({ id: id(random) }).deleteAll(),
  },
]

const reads: readonly Operation[] = [
  {
    name: 'User.all with relations',
    weight: 1,
    make: (_, { orm }) => orm.public.User.include('posts').include('tags').limit(5).all(),
  },
  {
    name: 'User.first',
    weight: 1,
    make: (_, { orm }, random) => orm.public.User.first({ email: email(random) }),
  },
  {
    name: 'Task.all of a variant',
    weight: 0.5,
    make: (_, { orm }) => orm.public.Task.variant('Feature').all(),
  },
  {
    name: 'Tag.aggregate',
    weight: 0.5,
    make: (_, { orm }) => orm.public.Tag.aggregate((all) => ({ count: all.count() })),
  },
  {
    name: 'User.groupBy',
    weight: 0.5,
    make: (_, { orm }) =>
      orm.public.User.groupBy('score').aggregate((group) => ({ count: group.count() })),
  },
  {
    name: 'Post.all, page by page',
    weight: 0.5,
    make: (_, { orm }, random) =>
      orm.public.Post.orderBy((post) => post.id.asc())
        .cursor({ id: id(random) })
        .limit(3)
        .all(),
  },
]

export const operations: readonly Operation[] = [
  ...writes,
  ...reads,
  ...nestedOperations,
  ...planOperations,
]
