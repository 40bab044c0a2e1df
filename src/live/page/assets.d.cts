export declare const pageFolder: () => string
export declare const plotFolder: () => string
export declare const docsFolder: () => string
