export const SHIPPED: Readonly<Record<string, string>> = {};
