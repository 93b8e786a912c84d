message(FATAL_ERROR "poolemu included a module of the parent project")
