def parse(text, scale=(1,5)): return None
