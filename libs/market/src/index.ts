export { SeenWindow } from './seen-window.ts';
