// The name of a compose project.

/** As Portainer and compose make it of any name: only such a name can be looked up again. */
export function projectName(name: string): string {
  return name.toLowerCase().replaceAll(/[^-_a-z0-9]+/g, '');
}
