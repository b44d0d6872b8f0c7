// The theme of VitePress, with room for tables and commands.

import theme from 'vitepress/theme';
import './wide.css';

export default theme;
