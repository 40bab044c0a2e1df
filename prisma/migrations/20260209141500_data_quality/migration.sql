-- CreateEnum
CREATE TYPE "DriftKind" AS ENUM ('SCHEMA', 'VOLUME', 'DISTRIBUTION', 'FRESHNESS');

-- CreateTable
CREATE TABLE "DriftEvent" (
    "id" SERIAL NOT NULL,
    "dataSourceId" UUID NOT NULL,
    "kind" "DriftKind" NOT NULL,
    "column" TEXT,
    "score" DOUBLE PRECISION NOT NULL,
    "detectedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DriftEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "QualityReport" (
    "id" UUID NOT NULL,
    "dataSourceId" UUID NOT NULL,
    "day" DATE NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "checks" INTEGER NOT NULL DEFAULT 0,
    "failedChecks" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "QualityReport_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "DriftEvent_dataSourceId_detectedAt_idx" ON "DriftEvent"("dataSourceId", "detectedAt");

-- CreateIndex
CREATE UNIQUE INDEX "QualityReport_dataSourceId_day_key" ON "QualityReport"("dataSourceId", "day");

-- AddForeignKey
ALTER TABLE "DriftEvent" ADD CONSTRAINT "DriftEvent_dataSourceId_fkey" FOREIGN KEY ("dataSourceId") REFERENCES "DataSource"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "QualityReport" ADD CONSTRAINT "QualityReport_dataSourceId_fkey" FOREIGN KEY ("dataSourceId") REFERENCES "DataSource"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
