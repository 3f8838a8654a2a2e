export default async function nothingYet(): Promise<void> {}
