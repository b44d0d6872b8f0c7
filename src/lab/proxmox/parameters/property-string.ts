// Property strings (`key=value,key=value`): read, checked and printed by the same schema as the options that hold them.

/** The properties of one string, booleans as `1` or `0`, a leading bare value under its default key. */
export type Properties = Record<string, string>;

/** Either the properties, or the lines of the refusal, each without a line end, in the order of the schema. */
export type ParsedProperties =
  | { readonly ok: true; readonly properties: Properties }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Reads a property string.
 * @param format guest kind and option without its index: `lxc/net`, `lxc/rootfs`, `lxc/mp`, `lxc/features`, `qemu/net`, `qemu/scsi`, `qemu/agent`, …
 * @param text as written on the command line or in a config file
 */
export function parsePropertyString(_format: string, _text: string): ParsedProperties {
  throw new Error('not yet written');
}

/** Prints properties in Proxmox's own order: the default key first and bare, then the rest sorted by key. */
export function printPropertyString(_format: string, _properties: Readonly<Properties>): string {
  throw new Error('not yet written');
}
