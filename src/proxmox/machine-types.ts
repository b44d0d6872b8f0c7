// Types of machines: families whose newest version a VM gets, and versions of them. (qemu-server, PVE/QemuServer/Machine.pm)

const FAMILIES: Readonly<Record<string, RegExp>> = {
  pc: /^pc(-i440fx)?-\d/,
  q35: /^pc-q35-\d/,
  virt: /^virt-\d/,
};

/**
 * Whether a type is a version of a family. Proxmox writes the version that it has for a VM that is made for Windows, or becomes one,
 * and it stays there (check_and_pin_machine_string).
 */
export function isVersionOf(family: string, type: string): boolean {
  return Object.hasOwn(FAMILIES, family) && FAMILIES[family]?.test(type) === true;
}
