import { email, id, type Operation, tag } from './operation.ts'

/** Operations whose writes spread over several tables. */
export const nestedOperations: readonly Operation[] = [
  {
    name: 'nested create, one to many and one to one',
    weight: 3,
    make: (_, { orm }, random) =>
      orm.public.User.create({
        email: email(random),
        posts: (posts) => posts.create(random.several(0, 3, () => ({ title: 'nested' }))),
        profile: (profile) => profile.create({ motto: 'nested' }),
      }),
  },
  {
    name: 'nested create, many to one',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.Post.create({
        title: 'with its author',
        author: (author) => author.create({ email: email(random) }),
      }),
  },
  {
    name: 'nested connect, many to one',
    weight: 1,
    make: (_, { orm }, random) =>
      orm.public.Post.create({
        title: 'connected',
        author: (author) => author.connect({ email: email(random) }),
      }),
  },
  {
    name: 'nested create of a relation',
    weight: 2,
    make: (_, { orm }, random) =>
      orm.public.User.where({ email: email(random) }).update({
        score: 5,
        tags: (tags) => tags.create([{ tagId: id(random) }]),
      }),
  },
  {
    name: 'nested update, one to many',
    weight: 1,
    make: (_, { orm }, random) =>
      orm.public.User.where({ email: email(random) }).update({
        posts: (posts) => posts.connect([{ id: id(random) }]),
      }),
  },
  {
    name: 'UserTag.create',
    weight: 1,
    make: (_, { orm }, random) =>
      orm.public.UserTag.create({ userId: id(random), tagId: id(random) }),
  },
  {
    name: 'Tag.create and its read',
    weight: 1,
    make: async (_, { orm }, random) => {
      const { name } = await orm.public.Tag.create({ name: tag(random) })
      return orm.public.Tag.first({ name })
    },
  },
]
