/** The style sheets of all views, in the order in which they are imported: within the element the build puts them here (web/vite.embed.js). */
export const styles: string[] = [];
