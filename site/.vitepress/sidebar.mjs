// The sidebar of the site: the documentation in the order in which people need it.

export const SIDEBAR = [
  section('Start', {
    Overview: '/',
    'Your first green commit': '/first-commit',
    Concepts: '/concepts',
    Tutorial: '/tutorial',
    Installing: '/deploy/',
    Examples: '/examples/',
    'From the Bash system': '/migration',
  }),
  section('Declare', {
    'The configuration': '/configuration',
    'The host': '/host',
    Guests: '/guests',
    Services: '/services',
    'The datacenter': '/datacenter',
    Policy: '/policy',
    Secrets: '/secrets',
  }),
  section('Work with it', {
    Commands: '/commands',
    Pages: '/pages',
    Forges: '/forges',
    Notifications: '/notifications',
  }),
  section('Run it', { 'Backup, updates, disasters, moving': '/operations', 'The agent': '/agent', 'HTTP API': '/api' }),
  section('When something is wrong', { Troubleshooting: '/troubleshooting', 'Problem codes': '/problems' }),
  section('Security', {
    'The threat model': '/threat-model',
    Guarantees: '/guarantees',
    'Faults of the predecessor': '/test/faults/',
    'Reporting a fault': '/SECURITY',
  }),
  section('Every field', {
    'The hypervisor': '/reference/phoenix_hypervisor_config',
    Containers: '/reference/phoenix_lxc_configs',
    VMs: '/reference/phoenix_vm_configs',
    'The datacenter': '/reference/phoenix_datacenter_config',
    Certificates: '/reference/certificate-manifest',
    'A stack': '/reference/stack',
    'All stacks in one file': '/reference/phoenix_stacks_config',
  }),
  section('Reference', { 'Coverage of Proxmox': '/coverage', Changelog: '/CHANGELOG' }),
  section('Change it', {
    Contributing: '/CONTRIBUTING',
    Architecture: '/ARCHITECTURE',
    'How to add something': '/develop/',
    Mechanisms: '/develop/mechanisms',
    Decisions: '/decisions/',
    Tests: '/test/',
    'The lab': '/lab/',
  }),
];

function section(text, pages) {
  return { text, items: Object.entries(pages).map(([title, link]) => ({ text: title, link })) };
}
