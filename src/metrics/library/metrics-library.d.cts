export declare function loadMetricsLibrary(): unknown
