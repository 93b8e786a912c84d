# Runs COMMAND and compares what it prints with the file EXPECTED.
cmake_minimum_required(VERSION 3.25)
list(REMOVE_ITEM COMMAND "")
execute_process(COMMAND ${COMMAND} OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE status)
string(REPLACE "\r\n" "\n" printed "${printed}")
file(READ ${EXPECTED} expected)
if(NOT status EQUAL 0 OR NOT printed STREQUAL expected)
  message(FATAL_ERROR "The demonstration ends with ${status}. It says:\n${errors}${printed}\nIt should say, as ${EXPECTED} has "
                      "it:\n${expected}")
endif()
