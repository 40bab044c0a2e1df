import type { Metrics, Prisma } from '../prisma.ts'

interface Score {
  readonly source: string
  readonly score: number
}

/** The data quality score of the day, by kind of source. */
export function showQualityScore(metrics: Metrics, prisma: Prisma): void {
  metrics.gauge({
    name: 'monitoring_quality_score_ratio',
    help: 'Average data quality score of the day, from 0 to 1, by kind of source.',
    labelNames: ['source'],
    refreshSeconds: 5,
    read: async () => {
      const scores = await prisma.$queryRaw<Score[]>`
        SELECT source.kind AS source, avg(report.score) AS score
        FROM "QualityReport" AS report JOIN "DataSource" AS source ON source.id = report."dataSourceId"
        WHERE report.day = current_date
        GROUP BY source.kind`
      return scores.map(({ source, score }) => ({ labels: { source }, value: score }))
    },
  })
}
