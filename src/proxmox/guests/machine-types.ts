// Machine types of VMs: families, which use the newest version, and fixed versions. (qemu-server, PVE/QemuServer/Machine.pm)

const FAMILIES: Readonly<Record<string, RegExp>> = {
  pc: /^pc(-i440fx)?-\d/,
  q35: /^pc-q35-\d/,
  virt: /^virt-\d/,
};

/** Whether a type is a version of a family. Proxmox pins the current version for Windows VMs (check_and_pin_machine_string). */
export function isVersionOf(family: string, type: string): boolean {
  return Object.hasOwn(FAMILIES, family) && FAMILIES[family]?.test(type) === true;
}
