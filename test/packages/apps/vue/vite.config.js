import vue from '@vitejs/plugin-vue';

const isCustomElement = tag => tag.startsWith('trunk-');
export default {plugins: [vue({template: {compilerOptions: {isCustomElement}}})]};
